//! Portuguese, of Brazil and of Portugal.

mod answers;
mod intents;
mod people;
mod talk;
mod time;
mod words;

use super::Table;

pub(super) const TABLE: Table = Table {
    phrases: &[intents::PHRASES, answers::PHRASES, people::PHRASES, talk::PHRASES, time::PHRASES, super::concerns::PT],
    numbers: words::NUMBERS,
    joints: &["e"],
    never_names: words::NEVER_NAMES,
    never_endings: &["ando", "endo", "indo", "ado", "ada", "ido", "ida", "mente", "cao", "dor", "dora", "ista"],
    real_words: "programa programas marca marcas mundo muito muita muitos parte partes parece passo passa ponto pontos porto porta prazo primeiro primeira
        quando quanta quantas quanto quantos quero quer queria resto sempre semana semanas tarde tardes tempo tempos terceiro
        todos todas tudo troco ultima ultimo valor valores venho vejo vezes coisa coisas conta contas custa custo dados dado
        depois direto direta donde dizer esta estou fazer faco feito feita gente grande grandes hora horas junto juntos
        lado lista livre livro lugar maior marca melhor menos menor mesmo mesma minha minuto nome nomes noite nosso nossa
        novo nova numero outra outro outros pagar pessoa pessoas pouco preco precos prefiro preciso primo qual quais saber
        sabe segundo segunda sobre trata barata barato carta cartao certo certa claro clara chamo chama cento",
};
