//! The platform calls a real web server, which answers what the library says.

use super::*;

/// A web server that hands what it receives to a till, and answers with what that says.
struct WebServer {
    url: String,
    told: Arc<std::sync::Mutex<Vec<(i32, i64)>>>,
}

impl WebServer {
    fn start(till: Arc<Client>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/wxpay", listener.local_addr().unwrap());
        let told = Arc::<std::sync::Mutex<Vec<_>>>::default();
        let heard = Arc::clone(&told);
        // Ends with the test's process.
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                if let Some(told) = serve(stream.unwrap(), &till) {
                    heard.lock().unwrap().push(told);
                }
            }
        });
        Self { url, told }
    }

    /// Statuses and answers, once there are at least so many and nobody is to call again.
    fn wait(&self, count: usize) -> Vec<(i32, i64)> {
        loop {
            let told = self.told.lock().unwrap().clone();
            if told.len() >= count && told.last().is_some_and(|(_, answer)| *answer == 200) {
                return told;
            }
            common::pause(5);
        }
    }
}

fn serve(mut stream: TcpStream, till: &Client) -> Option<(i32, i64)> {
    let mut reader = BufReader::new(stream.try_clone().ok()?);
    let mut headers = String::new();
    let mut length = 0;
    reader.read_line(&mut String::new()).ok()?;
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line).ok()? <= 2 {
            break;
        }
        if let Some(value) = line.to_lowercase().strip_prefix("content-length:") {
            length = value.trim().parse().ok()?;
        }
        headers.push_str(&line);
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    let outcome = till.notify_decode(headers, body);
    let (status, reply) = (outcome.get_int("reply_status")?, outcome.get("reply")?);
    let kind = outcome.get("reply_type")?;
    write!(
        stream,
        "HTTP/1.1 {status} Answer\r\nContent-Type: {kind}\r\nContent-Length: {}\r\n\
         Connection: close\r\n\r\n{reply}",
        reply.len()
    )
    .ok()?;
    Some((outcome.status(), status))
}

#[test]
fn the_platform_is_answered_as_it_wants_to_be_whenever_it_calls() {
    for (scenario, calls) in [
        (RideScenario::Paid, 1),
        (RideScenario::Failed, 1),
        (RideScenario::Twice, 2),
        (RideScenario::CallbackFirst, 2),
        (RideScenario::AnswerLost, 1),
    ] {
        let shop = open();
        let till = Arc::new(shop.till());
        let server = WebServer::start(Arc::clone(&till));
        shop.simulator.set_ride_callback(Some(&server.url)).unwrap();
        let number = number(scenario);
        let asked = till.ride_pay(&ride(&number));
        assert_eq!(asked.status(), first_answer(scenario).0, "{asked:?}");
        let told = server.wait(calls);
        let end = if scenario == RideScenario::Failed {
            DECLINED
        } else {
            OK
        };
        assert!(told.iter().all(|(status, _)| *status == end), "{told:?}");
        // Before the answer: another call still holds the ride.
        let early = scenario == RideScenario::CallbackFirst;
        assert_eq!(told[0].1, if early { 500 } else { 200 }, "{scenario:?}");
        let delivered = || {
            let notifications = shop.simulator.notifications();
            notifications
                .iter()
                .all(|notification| notification.delivered)
        };
        while !delivered() {
            common::pause(5);
        }
        let last = till.ride_pay(&ride(&number));
        assert_eq!(last.status(), end, "{last:?}");
        assert_eq!(record(&shop, &number).unwrap().requests, 1);
    }
}
