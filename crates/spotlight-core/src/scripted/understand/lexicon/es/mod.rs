//! Spanish.

mod answers;
mod intents;
mod people;
mod talk;
mod time;
mod words;

use super::Table;

pub(super) const TABLE: Table = Table {
    phrases: &[intents::PHRASES, answers::PHRASES, people::PHRASES, talk::PHRASES, time::PHRASES, super::concerns::ES],
    numbers: words::NUMBERS,
    joints: &["y"],
    never_names: words::NEVER_NAMES,
    never_endings: &["ando", "iendo", "ado", "ada", "ido", "ida", "mente", "cion", "dor", "dora"],
    real_words: "programa programas pueda puedan podamos vienes viene tiene tienes tener tardes cuando cuanta cuantas buenos buenas bueno buena punto puntos junto
        juntos gracia gracias cosas casos cosa casa casas mundo mando marca parte partes porque perdon persona personas
        sobre sabes saber hacer hacen ahora horas hora nunca nuestro nuestra nombre nombres hombre hombres quien quiero
        quiere podria puede puedo debe dejar llamar llamo llama mejor mejores menos media medio nuevo nueva nueve jueves
        junio julio carta cartas carro perro barato trata trato grande gente agente siento ciento cuenta cuentas salud saludo
        primo prima primera primero segundo segunda tercero tercera listo lista",
};
