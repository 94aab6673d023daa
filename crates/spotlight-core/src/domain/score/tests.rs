use chrono::DateTime;
use proptest::prelude::*;
use uuid::Uuid;

use super::*;

fn conversation(minute: i64, id: u128, score: u8) -> (Timestamp, ConversationId, u8) {
    (
        DateTime::from_timestamp(1_790_000_000 + minute * 60, 0).expect("in range"),
        ConversationId::from_uuid(Uuid::from_u128(id)),
        score,
    )
}

fn said(asked: Asked, intents: &[Intent], concerns: Concerns) -> Said {
    Said { asked, intents: intents.iter().copied().collect(), concerns }
}

fn heard(utterances: &[(Asked, &[Intent])]) -> Signals {
    let said: Vec<_> = utterances.iter().map(|(asked, intents)| said(*asked, intents, Concerns::default())).collect();
    Signals::of_utterances(&said)
}

fn points(scored: &Scored) -> i64 {
    scored.reasons.iter().map(|reason| i64::from(reason.points)).sum()
}

#[test]
fn a_silent_conversation_scores_fifty() {
    let scored = conversation_score(&ScoringRules::default(), &Signals::default());
    assert_eq!(scored.score, 50);
    assert_eq!(scored.reasons.len(), 1);
}

#[test]
fn every_fact_counts_by_the_rules() {
    let signals = Signals {
        answered: ["need", "budget"].map(str::to_owned).into(),
        buying: [BuyingSignal::Price, BuyingSignal::Demo].into(),
        objections: [Objection::Timing].into(),
        contact_given: true,
        refusal: false,
        appointment_booked: true,
        sentiment: Some(0.26),
    };
    let scored = conversation_score(&ScoringRules::default(), &signals);
    let found: Vec<_> = scored.reasons.iter().map(|reason| (reason.code.as_str(), reason.points)).collect();
    let expected = [
        ("base", 50),
        ("sentiment", 5),
        ("answered_questions", 8),
        ("buying_signal_price", 5),
        ("buying_signal_demo", 5),
        ("contact_given", 8),
        ("objection_timing", -6),
        ("appointment_booked", 15),
    ];
    assert_eq!(found, expected);
    assert_eq!(scored.score, 90);
}

#[test]
fn answered_questions_add_up_to_their_limit_only() {
    let answered = (0..20).map(|n| n.to_string()).collect();
    let scored = conversation_score(&ScoringRules::default(), &Signals { answered, ..Signals::default() });
    assert_eq!(scored.score, 66);
}

#[test]
fn a_price_asked_in_protest_is_no_buying_signal() {
    let protest = heard(&[(Asked::Open, &[Intent::Price, Intent::ObjectionPrice])]);
    assert!(protest.buying.is_empty());
    assert_eq!(protest.objections, [Objection::Price].into());
    let both = heard(&[(Asked::Open, &[Intent::Price]), (Asked::Open, &[Intent::ObjectionPrice])]);
    assert_eq!(both.buying, [BuyingSignal::Price].into());
}

#[test]
fn declining_an_appointment_or_a_contact_is_not_refusing_the_business() {
    let detail = || Concerns { declines_detail: true, ..Concerns::default() };
    assert!(!Signals::of_utterances(&[said(Asked::Open, &[Intent::Refusal], detail())]).refusal);
    assert!(!Signals::of_utterances(&[said(Asked::Slot, &[Intent::Refusal], Concerns::default())]).refusal);
    let leaving = [said(Asked::Open, &[Intent::Refusal, Intent::Goodbye], detail())];
    assert!(!Signals::of_utterances(&leaving).refusal);
}

#[test]
fn an_objection_counts_where_it_is_not_the_answer_to_what_was_asked() {
    let holds = |asked, objection: Objection| {
        let concerns = Concerns { objections: [objection].into(), ..Concerns::default() };
        !Signals::of_utterances(&[said(asked, &[], concerns)]).objections.is_empty()
    };
    assert!(holds(Asked::Open, Objection::Authority));
    assert!(!holds(Asked::Topic(Topic::Authority), Objection::Authority));
    assert!(holds(Asked::Topic(Topic::Timeline), Objection::Timing));
    assert!(!holds(Asked::Slot, Objection::Timing));
    assert!(holds(Asked::Topic(Topic::Need), Objection::Competitor));
}

#[test]
fn asking_how_soon_is_a_buying_signal() {
    let concerns = Concerns { asks_start: true, ..Concerns::default() };
    let signals = Signals::of_utterances(&[said(Asked::Open, &[Intent::Question], concerns)]);
    assert_eq!(signals.buying, [BuyingSignal::Timeline].into());
}

#[test]
fn refusing_to_answer_is_not_refusing_the_business() {
    assert!(heard(&[(Asked::Open, &[Intent::Refusal])]).refusal);
    assert!(heard(&[(Asked::Topic(Topic::Need), &[Intent::Refusal])]).refusal);
    assert!(heard(&[(Asked::Topic(Topic::Budget), &[Intent::Refusal, Intent::Goodbye])]).refusal);
    assert!(!heard(&[(Asked::Topic(Topic::Phone), &[Intent::Refusal])]).refusal);
    assert!(!heard(&[(Asked::Slot, &[Intent::Refusal])]).refusal);
    assert!(!heard(&[(Asked::Open, &[Intent::Goodbye])]).refusal);
}

#[test]
fn a_lead_without_completed_conversations_has_no_score() {
    assert_eq!(lead_score(&ScoringRules::default(), &[], LeadSource::Referral, true), None);
}

#[test]
fn a_lead_follows_the_formula() {
    let rules = ScoringRules::default();
    let score = |completed: &[_]| lead_score(&rules, completed, LeadSource::Website, false).map(|scored| scored.score);
    // 0.7 · 80 + 0.3 · 50 = 71
    let first = conversation(0, 1, 80);
    assert_eq!(score(&[first]), Some(71));
    // 0.7 · 60 + 0.3 · 71 = 63.3
    let second = conversation(1, 2, 40);
    assert_eq!(score(&[first, second]), Some(63));
    // 0.7 · 55 + 0.3 · 50 = 53.5, and a half goes up
    assert_eq!(score(&[conversation(0, 1, 55)]), Some(54));
}

#[test]
fn attributes_come_on_top_and_are_never_fed_back() {
    let rules = ScoringRules::default();
    let completed = [conversation(0, 1, 80), conversation(1, 2, 40)];
    let plain = lead_score(&rules, &completed, LeadSource::Website, false).expect("scored");
    let more = lead_score(&rules, &completed, LeadSource::Referral, true).expect("scored");
    assert_eq!(more.score, plain.score + 8);
}

#[test]
fn conversations_that_end_together_are_ordered_by_id() {
    let rules = ScoringRules::default();
    let (a, b) = (conversation(0, 1, 100), conversation(0, 2, 0));
    let one = lead_score(&rules, &[a, b], LeadSource::Website, false);
    assert_eq!(one, lead_score(&rules, &[b, a], LeadSource::Website, false));
    // s₁ = 85, s₂ = 35 + 25.5
    assert_eq!(one.map(|scored| scored.score), Some(61));
}

fn any_rules() -> impl Strategy<Value = ScoringRules> {
    let points = || -100..=100_i32;
    (0..=50_i32, (points(), points()), points(), points(), points(), points(), points(), points(), points()).prop_map(
        |(
            sentiment_max,
            answered,
            buying_signal,
            contact_given,
            objection,
            refusal,
            appointment_booked,
            company_given,
            weight,
        )| {
            ScoringRules {
                sentiment_max,
                answered_question: answered.0,
                answered_questions_max: answered.1,
                buying_signal,
                contact_given,
                objection,
                refusal,
                appointment_booked,
                company_given,
                source_weights: [("website".to_owned(), weight)].into(),
                ..ScoringRules::default()
            }
        },
    )
}

fn any_signals() -> impl Strategy<Value = Signals> {
    (
        prop::collection::btree_set("[a-z]{1,3}", 0..20),
        prop::collection::btree_set(prop::sample::select(BuyingSignal::ALL), 0..4),
        prop::collection::btree_set(prop::sample::select(Objection::ALL), 0..5),
        any::<[bool; 3]>(),
        prop::option::of(prop_oneof![-1.0..=1.0_f64, any::<f64>()]),
    )
        .prop_map(|(answered, buying, objections, [contact_given, refusal, appointment_booked], sentiment)| {
            Signals { answered, buying, objections, contact_given, refusal, appointment_booked, sentiment }
        })
}

fn any_conversations() -> impl Strategy<Value = Vec<(Timestamp, ConversationId, u8)>> {
    prop::collection::btree_map((0..50_i64, 0..50_u128), 0..=100_u8, 0..20)
        .prop_map(|scores| scores.into_iter().map(|((minute, id), score)| conversation(minute, id, score)).collect())
}

proptest! {
    #[test]
    fn reasons_add_up_to_a_score_within_bounds(rules in any_rules(), signals in any_signals()) {
        let scored = conversation_score(&rules, &signals);
        prop_assert!(scored.score <= 100);
        prop_assert_eq!(points(&scored), i64::from(scored.score));
        prop_assert!(scored.reasons.iter().skip(1).all(|reason| reason.points != 0));
        prop_assert_eq!(conversation_score(&rules, &signals), scored);
    }

    #[test]
    fn rules_that_nobody_validated_cannot_break_the_sum(
        each in any::<i32>(), max in any::<i32>(), signal in any::<i32>(), signals in any_signals(),
    ) {
        let rules = ScoringRules {
            sentiment_max: max, answered_question: each, answered_questions_max: max, buying_signal: signal,
            ..ScoringRules::default()
        };
        let scored = conversation_score(&rules, &signals);
        prop_assert_eq!(points(&scored), i64::from(scored.score));
    }

    #[test]
    fn good_news_never_lowers_a_score(signals in any_signals(), better in any_signals()) {
        let rules = ScoringRules::default();
        let before = conversation_score(&rules, &signals).score;
        let more = Signals {
            answered: signals.answered.union(&better.answered).cloned().collect(),
            buying: signals.buying.union(&better.buying).copied().collect(),
            contact_given: signals.contact_given || better.contact_given,
            appointment_booked: signals.appointment_booked || better.appointment_booked,
            ..signals
        };
        prop_assert!(conversation_score(&rules, &more).score >= before);
    }

    #[test]
    fn better_sentiment_never_lowers_a_score(signals in any_signals(), a in -1.0..=1.0_f64, b in -1.0..=1.0_f64) {
        let rules = ScoringRules::default();
        let at = |sentiment| conversation_score(&rules, &Signals { sentiment: Some(sentiment), ..signals.clone() }).score;
        prop_assert!(at(a.min(b)) <= at(a.max(b)));
    }

    #[test]
    fn the_order_of_utterances_does_not_matter(
        said in prop::collection::vec(prop::collection::btree_set(prop::sample::select(vec![
            Intent::Price, Intent::ObjectionPrice, Intent::Demo, Intent::Refusal, Intent::Goodbye,
        ]), 0..3), 0..6),
    ) {
        let asked = |index: usize| if index.is_multiple_of(2) { Asked::Open } else { Asked::Topic(Topic::Budget) };
        let utterances: Vec<_> = said
            .into_iter()
            .enumerate()
            .map(|(index, intents)| Said { asked: asked(index), intents, concerns: Concerns::default() })
            .collect();
        let forward = Signals::of_utterances(&utterances);
        prop_assert_eq!(Signals::of_utterances(utterances.iter().rev()), forward);
    }

    #[test]
    fn a_lead_is_scored_the_same_in_any_order_and_twice(
        (completed, shuffled) in any_conversations().prop_flat_map(|all| (Just(all.clone()), Just(all).prop_shuffle())),
        rules in any_rules(),
        company in any::<bool>(),
    ) {
        let scored = lead_score(&rules, &completed, LeadSource::Website, company);
        prop_assert_eq!(&lead_score(&rules, &shuffled, LeadSource::Website, company), &scored);
        let twice = [completed.as_slice(), shuffled.as_slice()].concat();
        prop_assert_eq!(&lead_score(&rules, &twice, LeadSource::Website, company), &scored);
        prop_assert_eq!(scored.is_none(), completed.is_empty());
        if let Some(scored) = scored {
            prop_assert!(scored.score <= 100);
            prop_assert_eq!(points(&scored), i64::from(scored.score));
        }
    }

    #[test]
    fn the_exact_formula_agrees_with_the_written_one(completed in any_conversations()) {
        let rules = ScoringRules { source_weights: BTreeMap::new(), ..ScoringRules::default() };
        let mut expected = 50.0_f64;
        let mut sum = 0.0;
        for (n, (_, _, score)) in completed.iter().enumerate() {
            sum += f64::from(*score);
            let exact = 0.7 * (sum / (n + 1) as f64) + 0.3 * expected;
            // Binary fractions fall a hair short of a half.
            expected = (exact + 1e-9).round();
        }
        let scored = lead_score(&rules, &completed, LeadSource::Website, false);
        prop_assert!(scored.is_none_or(|scored| (f64::from(scored.score) - expected).abs() < 0.5));
    }

    #[test]
    fn a_better_conversation_never_lowers_a_lead(completed in any_conversations(), which in any::<prop::sample::Index>(), by in 0..50_u8) {
        prop_assume!(!completed.is_empty());
        let rules = ScoringRules::default();
        let mut better = completed.clone();
        let at = which.index(better.len());
        better[at].2 = (better[at].2 + by).min(100);
        let score = |all: &[_]| lead_score(&rules, all, LeadSource::Website, true).map(|scored| scored.score);
        prop_assert!(score(&better) >= score(&completed));
    }
}
