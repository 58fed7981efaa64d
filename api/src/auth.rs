//! Who a request is from. Handlers say what they need in their signature: [`SignedIn`] for anyone's own data,
//! [`OwnedMeeting`] for one meeting of theirs.

mod cookie;
mod extract;
mod login;
mod origin;
mod owner;
mod token;

pub use cookie::COOKIE;
pub use extract::{OwnedMeeting, SignedIn};
pub use login::{Client, LoginError, LoginLink, issue_login_link, redeem_login_link, sign_out};
pub use origin::{Origins, SocketOrigin};
pub use owner::{OwnerError, ensure_owner, find_owner};
pub use token::{Digest, Token};

pub(crate) use cookie::{clear_cookie, set_cookie};
