//! A person's way to a provider and back, page by page, as a browser goes it.

use crate::app::{Answer, Caller, TestApp};
use reqwest::redirect::Policy;
use reqwest::{Client, Method, Url};
use serde_json::{Value, json};

/// A browser on a page of ours, and its way to a provider.
pub struct Browser {
    page: Caller,
    base: String,
}

/// Somebody is sent to a provider.
pub struct SetOut {
    /// Where to.
    pub url: Url,
    /// What the browser keeps, as it sends it.
    pub cookie: String,
    /// The same, as it was set.
    pub set_cookie: String,
}

/// How a provider sends somebody back.
#[derive(Debug, Clone)]
pub struct WayBack {
    /// By an address, or by a form.
    pub method: Method,
    /// Where to, on our server.
    pub path: String,
    /// What the form says.
    pub form: String,
}

impl Browser {
    /// On a page of ours.
    pub fn at(app: &TestApp) -> Self {
        let base = app.base();
        let page = app.nobody().with("sec-fetch-site", "same-origin").with("origin", &base);
        Self { page, base }
    }

    /// Presses the button of a provider.
    pub async fn set_out(&self, provider: &str) -> SetOut {
        let answer = self
            .page
            .post(&format!("/v1/auth/external/{provider}"), json!({}))
            .await;
        set_out(&answer.expect(200))
    }

    /// Somebody who is signed in presses the button that links a provider.
    pub async fn set_out_to_link(&self, session: &Caller, provider: &str) -> SetOut {
        let answer = session.post("/v1/me/identities", json!({"provider": provider})).await;
        set_out(&answer.expect(200))
    }

    /// Goes through the provider's pages as somebody, until it sends them back.
    pub async fn agree(&self, url: &Url, who: &str) -> WayBack {
        let http = Client::builder()
            .cookie_store(true)
            .redirect(Policy::none())
            .build()
            .expect("a client can be made");
        let mut request = http.get(url.clone());
        for _ in 0..10 {
            let response = request.send().await.expect("the provider answers");
            let at = response.url().clone();
            if let Some(location) = response.headers().get("location") {
                let next = at.join(location.to_str().unwrap()).expect("a location is an address");
                if let Some(path) = next.as_str().strip_prefix(&self.base) {
                    return WayBack::by_address(path);
                }
                request = http.get(next);
                continue;
            }
            let html = response.text().await.expect("the page is whole");
            let action = at.join(&attribute(&html, "action=\"")).expect("a form leads somewhere");
            if let Some(path) = action.as_str().strip_prefix(&self.base) {
                return WayBack::by_form(path, &hidden_fields(&html));
            }
            let fields = match html.contains("name=\"login\"") {
                true => vec![("prompt", "login"), ("login", who), ("password", "any")],
                false => vec![("prompt", "consent")],
            };
            request = http
                .post(action)
                .header("content-type", "application/x-www-form-urlencoded")
                .body(encode(&fields));
        }
        panic!("the provider's pages have no end");
    }

    /// Comes back with these cookies.
    pub async fn come_back(&self, way: &WayBack, cookie: Option<&str>) -> Answer {
        // The provider's page leads here, and no page of ours.
        let caller = Caller::nobody(&self.base).with("sec-fetch-site", "cross-site");
        let caller = match cookie {
            Some(cookie) => caller.with("cookie", cookie),
            None => caller,
        };
        let content_type = "application/x-www-form-urlencoded";
        let form = way.form.clone().into_bytes();
        caller.send_raw(way.method.clone(), &way.path, content_type, form).await
    }

    /// All of it: who has come back, or not.
    pub async fn sign_in(&self, provider: &str, who: &str) -> Answer {
        let set_out = self.set_out(provider).await;
        let way = self.agree(&set_out.url, who).await;
        self.come_back(&way, Some(&set_out.cookie)).await
    }

    /// The same browser with the session that it was given.
    #[track_caller]
    pub fn signed_in(&self, answer: &Answer) -> Caller {
        assert_eq!((answer.status.as_u16(), answer.header("location")), (303, Some("/")));
        self.page.clone().with("cookie", &cookie_of(answer, "__Host-attune=").0)
    }

    /// Signs in, and says who it is.
    pub async fn person(&self, provider: &str, who: &str) -> (Caller, Value) {
        let session = self.signed_in(&self.sign_in(provider, who).await);
        let me = session.get("/v1/me").await.expect(200).body;
        (session, me["id"].clone())
    }
}

impl WayBack {
    /// To this path.
    pub fn by_address(path: &str) -> Self {
        Self {
            method: Method::GET,
            path: path.to_owned(),
            form: String::new(),
        }
    }

    fn by_form(path: &str, fields: &[(String, String)]) -> Self {
        let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (&**name, &**value)).collect();
        Self {
            method: Method::POST,
            path: path.to_owned(),
            form: encode(&fields),
        }
    }
}

fn set_out(answer: &Answer) -> SetOut {
    let (cookie, set_cookie) = cookie_of(answer, "__Host-attune-attempt=");
    SetOut {
        url: answer.body["url"].as_str().unwrap().parse().expect("an address"),
        cookie,
        set_cookie,
    }
}

/// The cookie that an answer sets, as a browser sends it and as it was set.
#[track_caller]
fn cookie_of(answer: &Answer, beginning: &str) -> (String, String) {
    let mut set = answer
        .headers
        .get_all("set-cookie")
        .iter()
        .map(|set| set.to_str().unwrap());
    let set = set.find(|set| set.starts_with(beginning)).expect("the cookie is set");
    (set.split(';').next().unwrap().to_owned(), set.to_owned())
}

fn encode(fields: &[(&str, &str)]) -> String {
    let mut url = Url::parse("form:").unwrap();
    url.query_pairs_mut().extend_pairs(fields);
    url.query().unwrap_or_default().to_owned()
}

/// What stands between `beginning` and the next quotation mark.
fn attribute(html: &str, beginning: &str) -> String {
    let (_, rest) = html
        .split_once(beginning)
        .unwrap_or_else(|| panic!("no {beginning} in {html}"));
    rest.split('"').next().unwrap().replace("&amp;", "&")
}

fn hidden_fields(html: &str) -> Vec<(String, String)> {
    let inputs = html.split("<input type=\"hidden\"").skip(1);
    inputs
        .map(|input| (attribute(input, "name=\""), attribute(input, "value=\"")))
        .collect()
}
