//! Who a request is from. Handlers say what they need in their signature: [`SignedIn`] for anyone's own data,
//! [`OwnedMeeting`] for one meeting of theirs, [`Administrator`] for what holds for everybody in a space, [`JustProved`] for
//! what must not be done by somebody who found a computer unlocked.

mod access_token;
mod account;
mod address;
mod cookie;
mod external;
mod extract;
mod login;
pub mod mailed;
mod origin;
mod password;
mod refresh;
pub mod second_factor;
mod token;

pub use access_token::AccessTokens;
pub use account::{AccountError, create_account, ensure_owner, find_owner, insert_account};
pub use address::{Address, NoAddress};
pub use cookie::COOKIE;
pub use external::{OpenError, Providers};
pub use extract::{Administrator, JustProved, OwnedMeeting, SignedIn};
pub use login::{
    Client, LoginError, LoginLink, NewSignIn, Progress, issue_login_link, proceed, redeem_login_link, sign_in, sign_out,
};
pub use origin::{Origins, SocketOrigin};
pub use password::{BadPassword, PasswordError, Passwords, check_new};
pub use refresh::{Exchanged, exchange};
pub use token::{Digest, Token};

pub(crate) use access_token::LIFETIME as ACCESS_TOKEN_LIFETIME;
pub(crate) use cookie::{clear_cookie, set_cookie};
pub(crate) use external::{Arrived, Problem, Returned, arrive, begin, clear_attempt_cookie, take};
