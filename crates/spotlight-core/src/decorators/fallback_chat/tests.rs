use std::sync::{
    Mutex,
    atomic::{AtomicUsize, Ordering},
};

use tokio::time::{Instant, sleep};

use super::*;
use crate::{
    domain::{
        assistant::{Language, Tone},
        time::Timestamp,
    },
    ports::chat::{ToolAnswer, ToolCall},
    scripted::stage::{brief, now},
};

/// What a model under test does next, after a pause.
#[derive(Debug, Clone)]
enum Step {
    Chunk(ChatChunk),
    Fail,
}

#[derive(Debug, Clone, Default)]
struct Course {
    /// Seconds until the answer begins; failing then where `refuses`.
    connect: u64,
    refuses: bool,
    /// Seconds before each step.
    steps: Vec<(u64, Step)>,
}

struct Actor {
    name: &'static str,
    course: Mutex<Course>,
    calls: AtomicUsize,
}

impl Actor {
    fn new(name: &'static str, course: Course) -> Arc<Self> {
        Arc::new(Self { name, course: Mutex::new(course), calls: AtomicUsize::new(0) })
    }

    fn says(name: &'static str) -> Arc<Self> {
        Self::new(name, Course { steps: vec![(0, text(name))], ..Course::default() })
    }

    fn refuses(name: &'static str) -> Arc<Self> {
        Self::new(name, Course { refuses: true, ..Course::default() })
    }

    fn calls(&self) -> usize {
        self.calls.load(Ordering::SeqCst)
    }
}

#[async_trait]
impl ChatModel for Actor {
    fn name(&self) -> String {
        self.name.to_owned()
    }

    async fn stream(&self, _: ChatRequest) -> Result<ChatStream> {
        self.calls.fetch_add(1, Ordering::SeqCst);
        let course = self.course.lock().expect("not poisoned").clone();
        sleep(Duration::from_secs(course.connect)).await;
        if course.refuses {
            return Err(Error::new(ErrorKind::Unavailable, "refused"));
        }
        let steps = stream::iter(course.steps).then(|(pause, step)| async move {
            sleep(Duration::from_secs(pause)).await;
            match step {
                Step::Chunk(chunk) => Ok(chunk),
                Step::Fail => Err(Error::new(ErrorKind::Unavailable, "broke")),
            }
        });
        Ok(steps.boxed())
    }
}

/// Tells tokio's time, so that pausing it pauses the circuit too.
struct PausedClock(Instant);

impl Clock for PausedClock {
    fn now(&self) -> Timestamp {
        now() + self.0.elapsed()
    }
}

fn text(words: &str) -> Step {
    Step::Chunk(ChatChunk::Text(words.to_owned()))
}

fn settings() -> FallbackSettings {
    FallbackSettings {
        connect: Duration::from_secs(2),
        first_chunk: Duration::from_secs(4),
        idle: Duration::from_secs(6),
        failures_to_open: 2,
        cool_down: Duration::from_mins(1),
    }
}

fn fallback(models: Vec<Arc<Actor>>) -> FallbackChatModel {
    let models = models.into_iter().map(|model| model as Arc<dyn ChatModel>).collect();
    FallbackChatModel::new(models, settings(), Arc::new(PausedClock(Instant::now())))
}

fn request() -> ChatRequest {
    let brief = Arc::new(brief(Language::En, Tone::Professional));
    ChatRequest { system: String::new(), messages: Vec::new(), tools: Vec::new(), brief }
}

async fn answer(model: &FallbackChatModel) -> Vec<Result<ChatChunk, ErrorKind>> {
    match model.stream(request()).await {
        Ok(stream) => stream.map(|chunk| chunk.map_err(|error| error.kind())).collect().await,
        Err(error) => vec![Err(error.kind())],
    }
}

fn said(model: Option<&str>, words: &str) -> Vec<Result<ChatChunk, ErrorKind>> {
    let model = model.map(|name| Ok(ChatChunk::Model(name.to_owned())));
    model.into_iter().chain([Ok(ChatChunk::Text(words.to_owned()))]).collect()
}

#[tokio::test(start_paused = true)]
async fn the_first_model_answers_under_the_common_name() {
    let model = fallback(vec![Actor::says("first"), Actor::says("second")]);
    assert_eq!(model.name(), "first");
    assert_eq!(answer(&model).await, said(None, "first"));
}

#[tokio::test(start_paused = true)]
async fn a_model_that_does_not_connect_in_time_is_passed_over() {
    let slow = Actor::new("slow", Course { connect: 3, steps: vec![(0, text("slow"))], ..Course::default() });
    let model = fallback(vec![slow, Actor::says("second")]);
    let start = Instant::now();
    assert_eq!(answer(&model).await, said(Some("second"), "second"));
    assert_eq!(start.elapsed(), Duration::from_secs(2));
}

#[tokio::test(start_paused = true)]
async fn a_model_that_says_nothing_useful_in_time_is_passed_over() {
    let usage = Step::Chunk(ChatChunk::Usage { input: 1, output: 0 });
    let steps = vec![(3, usage), (2, text("late"))];
    let model =
        fallback(vec![Actor::new("mute", Course { connect: 1, steps, ..Course::default() }), Actor::says("second")]);
    let start = Instant::now();
    assert_eq!(answer(&model).await, said(Some("second"), "second"));
    assert_eq!(start.elapsed(), Duration::from_secs(1 + 4));
}

#[tokio::test(start_paused = true)]
async fn a_pause_in_the_middle_ends_the_answer_with_an_error() {
    let steps = vec![(0, text("one")), (5, text("two")), (7, text("three"))];
    let other = Actor::says("second");
    let model = fallback(vec![Actor::new("first", Course { steps, ..Course::default() }), Arc::clone(&other)]);
    let mut expected = said(None, "one");
    expected.extend(said(None, "two"));
    expected.push(Err(ErrorKind::Timeout));
    assert_eq!(answer(&model).await, expected);
    assert_eq!(other.calls(), 0);
}

#[tokio::test(start_paused = true)]
async fn an_error_falls_through_before_the_first_words_and_not_after() {
    let before = Actor::new("before", Course { steps: vec![(0, Step::Fail)], ..Course::default() });
    let after = Actor::new("after", Course { steps: vec![(0, text("half")), (0, Step::Fail)], ..Course::default() });
    let model = fallback(vec![Actor::refuses("refused"), before, after, Actor::says("last")]);
    let mut expected = said(Some("after"), "half");
    expected.push(Err(ErrorKind::Unavailable));
    assert_eq!(answer(&model).await, expected);
}

#[tokio::test(start_paused = true)]
async fn a_tool_is_useful_and_what_came_before_it_is_kept() {
    let call =
        ChatChunk::Tool(ToolCall { id: "1".to_owned(), name: "hand_off".to_owned(), arguments: serde_json::json!({}) });
    let usage = ChatChunk::Usage { input: 1, output: 1 };
    let steps = vec![(0, Step::Chunk(usage.clone())), (0, Step::Chunk(call.clone()))];
    let model = fallback(vec![Actor::new("first", Course { steps, ..Course::default() })]);
    assert_eq!(answer(&model).await, vec![Ok(usage), Ok(call)]);
}

#[tokio::test(start_paused = true)]
async fn silence_is_a_failure_save_after_the_end() {
    let mute = Actor::new("mute", Course::default());
    let other = Actor::says("second");
    let model = fallback(vec![mute, Arc::clone(&other)]);
    assert_eq!(answer(&model).await, said(Some("second"), "second"));
    let mut request = request();
    request.messages.push(ChatMessage::Answered(ToolAnswer {
        call_id: "1".to_owned(),
        name: "end_conversation".to_owned(),
        ok: true,
        content: serde_json::json!({}),
    }));
    assert_eq!(model.stream(request).await.expect("an answer").count().await, 0);
    assert_eq!(other.calls(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_circuit_opens_after_failures_in_a_row_and_probes_after_a_pause() {
    let first = Actor::refuses("first");
    let model = fallback(vec![Arc::clone(&first), Actor::says("second")]);
    for _ in 0..4 {
        answer(&model).await;
    }
    assert_eq!(first.calls(), 2, "open after two failures");
    sleep(Duration::from_secs(61)).await;
    answer(&model).await;
    answer(&model).await;
    assert_eq!(first.calls(), 3, "one probe, and open again");
    sleep(Duration::from_secs(61)).await;
    *first.course.lock().expect("not poisoned") = Course { steps: vec![(0, text("back"))], ..Course::default() };
    assert_eq!(answer(&model).await, said(None, "back"));
    assert_eq!(answer(&model).await, said(None, "back"));
}

#[tokio::test(start_paused = true)]
async fn breaking_off_in_the_middle_opens_the_circuit_too_and_giving_up_does_not() {
    let first = Actor::new("first", Course { steps: vec![(0, text("half")), (0, Step::Fail)], ..Course::default() });
    let model = fallback(vec![Arc::clone(&first), Actor::says("second")]);
    for _ in 0..3 {
        let mut stream = model.stream(request()).await.expect("an answer");
        stream.next().await;
    }
    assert_eq!(first.calls(), 3, "given up by the caller");
    answer(&model).await;
    answer(&model).await;
    assert_eq!(answer(&model).await, said(Some("second"), "second"));
    assert_eq!(first.calls(), 5);
}

#[tokio::test(start_paused = true)]
async fn a_probe_that_is_given_up_lets_the_next_one_probe() {
    let first = Actor::refuses("first");
    let model = fallback(vec![Arc::clone(&first), Actor::says("second")]);
    answer(&model).await;
    answer(&model).await;
    sleep(Duration::from_secs(61)).await;
    *first.course.lock().expect("not poisoned") =
        Course { connect: 1, steps: vec![(0, text("back"))], ..Course::default() };
    let given_up = timeout(Duration::from_millis(500), model.stream(request())).await;
    assert!(given_up.is_err());
    assert_eq!(answer(&model).await, said(None, "back"));
}

#[tokio::test(start_paused = true)]
async fn without_a_model_that_answers_there_is_an_error_with_its_cause() {
    let model = fallback(vec![Actor::refuses("only")]);
    let error = model.stream(request()).await.err().expect("nobody answers");
    assert_eq!((error.kind(), error.chain().as_str()), (ErrorKind::Unavailable, "no chat model answers: refused"));
    model.stream(request()).await.err().expect("nobody answers");
    let error = model.stream(request()).await.err().expect("the circuit is open");
    assert_eq!(error.retry(), Retry::After(Duration::from_mins(1)));
}
