//! Portuguese: names, companies, contacts and money.

use super::super::{Coin, Tag as T};

pub(super) const PHRASES: &[(T, &[&str])] = &[
    (
        T::NameIs,
        &[
            "o|e? meu nome completo|inteiro? e|eh",
            "me|eu_me chamo|chamam",
            "chamo me",
            "o nome e|seria",
            "^nome",
            "meu nome",
            "o? meu? sobrenome|apelido e",
            "em nome de|do|da",
            "chamo-me",
        ],
    ),
    (T::IAm, &["sou|eu_sou"]),
    (T::ThisIs, &["aqui e|fala|quem_fala_e|quem_escreve_e", "aqui", "quem fala e", "fala", "e", "da parte de|do|da"]),
    (T::Speaking, &["falando|ao_telefone|na_linha", "a falar", "aqui", "quem fala", "e o? meu nome"]),
    (
        T::Title,
        &[
            "sr|sra|srta|senhor|senhora|senhorita|dona|seu|dom|dr|dra|doutor|doutora|eng|engenheiro|engenheira|prof|professor|professora",
        ],
    ),
    (T::The, &["o|a|os|as"]),
    (T::An, &["um|uma|uns|umas|meu|minha|nosso|nossa"]),
    (T::And, &["e|mas|ou|tambem|entao"]),
    (
        T::CompanyCalled,
        &[
            "empresa|companhia|negocio|firma|agencia|startup|loja|sociedade|escritorio|clinica se_chama|chama-se|chamada|denominada|e_a",
            "empresa|companhia|firma|agencia e",
            "nome da|da_minha|da_nossa empresa|companhia|firma e",
            "^empresa",
            "somos a empresa|agencia",
            "nos chamamos",
        ],
    ),
    (T::CompanyIs, &["somos", "empresa|firma"]),
    (
        T::WorkAt,
        &[
            "trabalho|trabalhamos|trabalhando|empregado|empregada|funcionario|funcionaria|atuo em|na|no|para|pra|com|pela|pelo|da|do",
            "ligo|escrevo|falo|estou_ligando|estou_escrevendo|falando|falamos da|do|de|em_nome_da|em_nome_do|em_nome_de|pela|pelo",
            "represento|dirijo|lidero|administro|gerencio a|o?",
            "em nome da|do|de",
            "da|na|pela empresa|firma|agencia|companhia",
            "gerente|diretor|diretora|ceo|cto|cfo|fundador|fundadora|dono|dona|chefe|responsavel|proprietario|proprietaria|socio|socia|administrador|coordenador|coordenadora de|da|do|na|no * vendas|marketing|compras|operacoes|ti|rh da|do|de|na|no",
            "gerente|diretor|diretora|ceo|cto|cfo|fundador|fundadora|dono|dona|responsavel|proprietario|proprietaria|socio|socia|administrador|coordenador|coordenadora da|do|de|na|no",
        ],
    ),
    (
        T::From,
        &[
            "da|do|de|na|no|desde",
            "da|na|de empresa|firma|companhia|agencia",
            "e trabalho na|no|em|para",
            "trabalho na|no|em|para",
        ],
    ),
    (
        T::Freelance,
        &[
            "autonomo|autonoma|freelancer|freela|freelance|aposentado|aposentada|reformado|reformada|estudante|desempregado|desempregada|particular|independente|mei",
            "nao tenho|temos|ha|trabalho empresa|companhia|em|para|na",
            "sem|nenhuma empresa?",
            "por conta propria",
            "conta propria",
            "pessoa fisica|singular",
            "de casa",
        ],
    ),
    (
        T::BudgetCue,
        &[
            "orcamento|orcamentos|gastar|investir|investimento|budget|verba|reservado|reservados|dispomos|disponho",
            "disposto|disposta|dispostos a pagar|gastar|investir",
            "podemos|posso|poderia|poderiamos pagar|gastar|chegar|investir",
            "ate",
            "no maximo",
            "maximo|teto de?",
        ],
    ),
    (
        T::OtherMoney,
        &[
            "faturamos|faturamento|faturacao|receita|salario|ganho|ganhamos|lucro|vale|vendas",
            "custa|custam|cobram|cobra|preco|precos|valor|perdemos|fatura|devo|devem",
            "pago|pagamos|gasto|gastamos atualmente|hoje|ja|agora",
            "concorrente|concorrencia|concorrentes",
        ],
    ),
    (T::Coin(Coin::Dollar), &["dolar|dolares"]),
    (T::Coin(Coin::Peso), &["peso|pesos"]),
    (T::Coin(Coin::Code("BRL")), &["real|reais", "r"]),
    (T::Coin(Coin::Code("GBP")), &["libra|libras esterlinas?"]),
    (T::Coin(Coin::Code("CHF")), &["franco|francos suicos?"]),
    (T::Coin(Coin::Code("USD")), &["dolares americanos"]),
    (T::Coin(Coin::Code("CAD")), &["dolares canadenses"]),
    (T::Range, &["a|e|ou|ate|as", "talvez|no_maximo"]),
    (T::HalfOf(1_000_000), &["meio milhao"]),
    (
        T::PhoneCue,
        &[
            "telefone|tel|celular|telemovel|whatsapp|whats|zap|numero|ligue|ligar|liga|liguem|fixo|contato|contacto|fone|sms|ligar-me",
        ],
    ),
    (
        T::IdCue,
        &[
            "pedido|fatura|cliente|ticket|conta|referencia|processo|contrato|reserva|protocolo|encomenda numero|no|n|nr|id?",
            "numero|codigo|n|nr|no|id do|da|de pedido|fatura|cliente|ticket|conta|referencia|processo|contrato|reserva|protocolo|encomenda|serie|rastreio",
            "iban|nif|cpf|cnpj|id|pin|codigo|cep|referencia|protocolo|rg",
        ],
    ),
    (T::SpokenAt, &["arroba"]),
    (T::SpokenDot, &["ponto"]),
    (T::SpokenDash, &["hifen|traco|tracinho"]),
    (T::SpokenUnderscore, &["underline|underscore|sublinhado", "traco baixo|em_baixo"]),
];
