//! The line to Redis: publishes what this node says, takes in what others say, and says every second that it is there. One
//! task. Whatever breaks, it begins again from what is to be attended to then.

use super::channels::{Heard, Name};
use super::{Shared, lock};
use futures_util::StreamExt as _;
use futures_util::future::try_join_all;
use redis::aio::{MultiplexedConnection, PubSubSink, PubSubStream};
use redis::{AsyncConnectionConfig, Client, Msg, RedisError, Script};
use std::collections::HashSet;
use std::convert::Infallible;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::time::{Instant, MissedTickBehavior, error::Elapsed, interval, sleep, timeout};
use tokio_util::sync::CancellationToken;

/// How long Redis has to let us in, and to answer anything: a thousand times what it needs on a network that is well.
const ANSWERS_WITHIN: Duration = Duration::from_secs(1);
/// How often a node says that it is there, to the others and to itself.
const BEAT_EVERY: Duration = Duration::from_secs(1);
/// A node that has not heard itself for so long hears nobody else either.
const DEAF_AFTER: Duration = Duration::from_secs(3);
/// A node that was not heard of for so long is gone.
const GONE_AFTER_S: u32 = 5;
/// The pause before the line is tried again; doubled each time.
const FIRST_PAUSE: Duration = Duration::from_millis(100);
/// The longest one: readers wait that long for the others' events once Redis is back.
const LONGEST_PAUSE: Duration = Duration::from_secs(2);
/// Notices that leave together.
const BATCH: usize = 128;

/// Everything of ours there begins with it.
const PREFIX: &str = "attune:";
/// The nodes that are there, by when they last said so.
const NODES: &str = "attune:nodes";

/// Notes that this node is there, forgets those that no longer are, and counts. Redis' own clock: those of nodes differ.
const BEAT: &str = "local now = tonumber(redis.call('TIME')[1])
redis.call('ZADD', KEYS[1], now, ARGV[1])
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now - tonumber(ARGV[2]))
redis.call('EXPIRE', KEYS[1], 60)
return redis.call('ZCARD', KEYS[1])";

/// A notice on its way out.
#[derive(Debug)]
pub(super) struct Order {
    pub(super) channel: Name,
    pub(super) packet: Vec<u8>,
}

/// The line of a node. Nothing leaves or comes unless it runs.
pub(crate) struct Line {
    shared: Arc<Shared>,
    client: Client,
    orders: mpsc::Receiver<Order>,
    heard: mpsc::Sender<Heard>,
    beat: Script,
}

/// Why the line broke.
#[derive(Debug, thiserror::Error)]
enum Broken {
    #[error("talking to Redis")]
    Redis(#[from] RedisError),
    #[error("waiting for Redis")]
    Silent(#[from] Elapsed),
    #[error("Redis hung up")]
    HungUp,
    #[error("this node did not hear itself")]
    Deaf,
}

impl Line {
    pub(super) fn new(
        shared: Arc<Shared>,
        client: Client,
        orders: mpsc::Receiver<Order>,
        heard: mpsc::Sender<Heard>,
    ) -> Self {
        Self {
            shared,
            client,
            orders,
            heard,
            beat: Script::new(BEAT),
        }
    }

    /// Runs until it is told to stop.
    pub(crate) async fn run(mut self, stopping: CancellationToken) {
        let (mut pause, mut is_first) = (FIRST_PAUSE, true);
        loop {
            let broken = match stopping.run_until_cancelled(self.live()).await {
                Some(Err(broken)) => broken,
                None => break,
            };
            // Once each time it goes, and not each time it is still away.
            if self.cut() || is_first {
                pause = FIRST_PAUSE;
                tracing::warn!(error = %broken, "no Redis: live events reach this node's readers alone until it is back");
            }
            is_first = false;
            // What was to be said meanwhile is old by the time it could be.
            while self.orders.try_recv().is_ok() {
                self.shared.counts.dropped.fetch_add(1, Ordering::Relaxed);
            }
            if stopping.run_until_cancelled(sleep(pause)).await.is_none() {
                break;
            }
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
        self.say_goodbye().await;
    }

    /// From a connection to its loss.
    async fn live(&mut self) -> Result<Infallible, Broken> {
        let (sink, mut stream, mut commands) = self.connect().await?;
        let own = own_channel(&self.shared.me);
        timeout(ANSWERS_WITHIN, sink.clone().subscribe(&own)).await??;
        let mut subscribed = HashSet::new();
        self.attend(&sink, &mut subscribed).await?;
        let mut beats = interval(BEAT_EVERY);
        beats.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut heard_at = Instant::now();
        self.beat(&mut commands, &own).await?;
        self.join(commands.clone());
        let mut orders = Vec::with_capacity(BATCH);
        loop {
            tokio::select! {
                () = self.shared.changed.notified() => self.attend(&sink, &mut subscribed).await?,
                message = stream.next() => {
                    let message = message.ok_or(Broken::HungUp)?;
                    if message.get_channel_name() == own {
                        heard_at = Instant::now();
                    } else {
                        self.take_in(&message);
                    }
                }
                count = self.orders.recv_many(&mut orders, BATCH), if orders.is_empty() => {
                    debug_assert!(count > 0, "the queue lives as long as what it is shared with");
                    // Whoever asks others something hears their answer.
                    self.attend(&sink, &mut subscribed).await?;
                    publish(&mut commands, orders.drain(..)).await?;
                }
                _ = beats.tick() => {
                    if heard_at.elapsed() > DEAF_AFTER {
                        return Err(Broken::Deaf);
                    }
                    self.beat(&mut commands, &own).await?;
                }
            }
        }
    }

    async fn connect(&self) -> Result<(PubSubSink, PubSubStream, MultiplexedConnection), Broken> {
        let config = AsyncConnectionConfig::new()
            .set_connection_timeout(Some(ANSWERS_WITHIN))
            .set_response_timeout(Some(ANSWERS_WITHIN));
        let commands = self
            .client
            .get_multiplexed_async_connection_with_config(&config)
            .await?;
        let (sink, stream) = timeout(ANSWERS_WITHIN, self.client.get_async_pubsub()).await??.split();
        Ok((sink, stream, commands))
    }

    /// Listens to whom this node attends by now, and to nobody else.
    async fn attend(&self, sink: &PubSubSink, subscribed: &mut HashSet<Name>) -> Result<(), Broken> {
        let wanted: HashSet<Name> = self.shared.channels.names().into_iter().collect();
        // One channel at a time, all at once: an answer to several is several answers.
        let new = wanted.difference(subscribed).map(|name| {
            let mut sink = sink.clone();
            async move { sink.subscribe(channel(name)).await }
        });
        timeout(ANSWERS_WITHIN, try_join_all(new)).await??;
        let left = subscribed.difference(&wanted).map(|name| {
            let mut sink = sink.clone();
            async move { sink.unsubscribe(channel(name)).await }
        });
        timeout(ANSWERS_WITHIN, try_join_all(left)).await??;
        *subscribed = wanted;
        Ok(())
    }

    fn take_in(&self, message: &Msg) {
        let counts = &self.shared.counts;
        let Some(name) = name_of(message.get_channel_name()) else {
            return;
        };
        match self
            .shared
            .channels
            .take_in(&self.shared.me, &name, message.get_payload_bytes())
        {
            Ok(Some(heard)) => {
                let counted = match self.heard.try_send(heard) {
                    Ok(()) => &counts.heard,
                    Err(_) => &counts.dropped,
                };
                counted.fetch_add(1, Ordering::Relaxed);
            }
            Ok(None) => {}
            Err(_) => drop(counts.refused.fetch_add(1, Ordering::Relaxed)),
        }
    }

    /// Says that this node is there: to the others, who count, and to itself, by the way that the others' words take.
    async fn beat(&self, commands: &mut MultiplexedConnection, own: &str) -> Result<(), Broken> {
        let mut beat = self.beat.key(NODES);
        beat.arg(hex::encode(self.shared.me)).arg(GONE_AFTER_S);
        let nodes: u32 = beat.invoke_async(commands).await?;
        self.shared.nodes.store(nodes, Ordering::Relaxed);
        let _: i64 = redis::cmd("PUBLISH").arg(own).arg("").query_async(commands).await?;
        Ok(())
    }

    fn join(&self, commands: MultiplexedConnection) {
        *lock(&self.shared.commands) = Some(commands);
        self.shared.together.store(true, Ordering::Relaxed);
        self.shared.joined.send_modify(|times| *times += 1);
        let nodes = self.shared.nodes.load(Ordering::Relaxed);
        tracing::info!(nodes, "joined the other nodes");
    }

    /// Nothing goes any more. True if something did.
    fn cut(&self) -> bool {
        *lock(&self.shared.commands) = None;
        self.shared.together.swap(false, Ordering::Relaxed)
    }

    /// Tells the others at once that this node is gone; otherwise they find out.
    async fn say_goodbye(&self) {
        let commands = lock(&self.shared.commands).clone();
        self.cut();
        if let Some(mut commands) = commands {
            let mut remove = redis::cmd("ZREM");
            remove.arg(NODES).arg(hex::encode(self.shared.me));
            let _ = remove.query_async::<i64>(&mut commands).await;
        }
    }
}

async fn publish(commands: &mut MultiplexedConnection, orders: impl Iterator<Item = Order>) -> Result<(), RedisError> {
    let mut pipeline = redis::pipe();
    for Order { channel: name, packet } in orders {
        pipeline.cmd("PUBLISH").arg(channel(&name)).arg(packet).ignore();
    }
    pipeline.query_async::<()>(commands).await
}

fn own_channel(me: &[u8]) -> String {
    format!("{PREFIX}node:{}", hex::encode(me))
}

fn channel(name: &Name) -> String {
    format!("{PREFIX}{}", hex::encode(name))
}

fn name_of(channel: &str) -> Option<Name> {
    let mut name = Name::default();
    hex::decode_to_slice(channel.strip_prefix(PREFIX)?, &mut name).ok()?;
    Some(name)
}
