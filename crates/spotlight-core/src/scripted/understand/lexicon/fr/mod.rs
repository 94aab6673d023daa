//! French. Elided words are apart: "j'ai" is "j" and "ai".

mod answers;
mod intents;
mod people;
mod talk;
mod time;
mod words;

use super::Table;

pub(super) const TABLE: Table = Table {
    phrases: &[intents::PHRASES, answers::PHRASES, people::PHRASES, talk::PHRASES, time::PHRASES, super::concerns::FR],
    numbers: words::NUMBERS,
    joints: &["et"],
    never_names: words::NEVER_NAMES,
    never_endings: &["ment", "tion", "ant", "esse", "eur", "euse", "iste", "aine"],
    real_words: "programme programmes monde mondes point points parle parles parler passe passer place plein pleine prise pris prix merci mercis
        marche marcher mardi mange coup coups court cours compte compter compris comprise bonne bonnes besoin demain
        demande demander depuis depart heure heures autre autres avant avent avoir juste jouer jours journee lundi livre
        livres femme ferme cher chers chez chose choses faire fait faites prendre prends rappel rappeler appel appels
        voir votre vos notre toute toutes tout trop trois suite suis sois soir soiree soirs moins mois matin matins mieux
        milieu premier premiere deuxieme second seconde peut peux peur pense penser personne personnes client clients",
};
