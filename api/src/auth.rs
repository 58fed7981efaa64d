//! Who a request is from. Handlers say what they need in their signature: [`SignedIn`] for anyone's own data,
//! [`OwnedMeeting`] for one meeting of theirs, [`Administrator`] for what holds for everybody in a space.

mod account;
mod cookie;
mod extract;
mod login;
mod origin;
mod token;

pub use account::{AccountError, create_account, ensure_owner, find_owner};
pub use cookie::COOKIE;
pub use extract::{Administrator, OwnedMeeting, SignedIn};
pub use login::{Client, LoginError, LoginLink, NewSignIn, issue_login_link, redeem_login_link, sign_in, sign_out};
pub use origin::{Origins, SocketOrigin};
pub use token::{Digest, Token};

pub(crate) use cookie::{clear_cookie, set_cookie};
