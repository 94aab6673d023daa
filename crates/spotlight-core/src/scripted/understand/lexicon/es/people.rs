//! Spanish: names, companies, contacts and money.

use super::super::{Coin, Tag as T};

pub(super) const PHRASES: &[(T, &[&str])] = &[
    (
        T::NameIs,
        &[
            "me|yo_me llamo|llaman|dicen",
            "mi nombre completo? es",
            "el? nombre es|seria",
            "^nombre",
            "mi nombre",
            "mi apellido es",
            "a nombre de",
            "me llamo",
        ],
    ),
    (T::IAm, &["soy|yo_soy"]),
    (
        T::ThisIs,
        &["aqui|aca", "le|te|les habla|saluda|escribe|llama", "habla", "es", "con quien habla es", "de parte de"],
    ),
    (T::Speaking, &["al habla|aparato|telefono", "por aqui", "le|te saluda|habla", "es mi nombre", "aqui"]),
    (
        T::Title,
        &[
            "sr|sra|srta|senor|senora|senorita|don|dona|dr|dra|doctor|doctora|licenciado|licenciada|lic|ing|ingeniero|ingeniera|profesor|profesora",
        ],
    ),
    (T::The, &["el|la|los|las|lo"]),
    (T::An, &["un|una|unos|unas|mi|su|nuestra|nuestro"]),
    (T::And, &["y|e|pero|o|ademas|tambien"]),
    (
        T::CompanyCalled,
        &[
            "empresa|compania|negocio|firma|sociedad|agencia|startup|tienda|organizacion se_llama|llamada|llamado|denominada|es_la",
            "la? empresa|compania|firma|sociedad|agencia|startup|negocio|organizacion es",
            "somos la empresa|compania|firma|agencia",
            "nombre de la|mi|nuestra empresa|compania es",
            "^empresa|compania",
            "nos llamamos",
        ],
    ),
    (T::CompanyIs, &["somos", "la? empresa|compania|firma|agencia"]),
    (
        T::WorkAt,
        &[
            "trabajo|trabajamos|trabajando|estoy|empleado|empleada|colaboro en|para|con|de",
            "llamo|llamamos|escribo|escribimos|hablo|contacto de|desde|en_nombre_de|de_parte_de|por",
            "represento|dirijo|lidero|gestiono a|la|el?",
            "de|en|desde|para la empresa|compania|firma|agencia|sociedad",
            "gerente|director|directora|ceo|fundador|fundadora|dueno|duena|jefe|jefa|responsable|propietario|propietaria|socio|socia|administrador|comercial|encargado|encargada de|en|del * ventas|marketing|compras|operaciones|tecnologia|rrhh|sistemas de|en",
            "gerente|director|directora|ceo|fundador|fundadora|dueno|duena|responsable|propietario|propietaria|socio|socia|administrador|encargado|encargada de|en|del",
        ],
    ),
    (T::From, &["de|desde|del", "de la|parte_de empresa|compania|firma", "y trabajo en|para", "trabajo en|para", "en"]),
    (
        T::Freelance,
        &[
            "no tengo|ninguna$",
            "autonomo|autonoma|freelance|freelancer|independiente|jubilado|jubilada|estudiante|desempleado|desempleada|particular|parado",
            "no tengo|tenemos|hay|trabajo empresa|compania|negocio|en|para",
            "sin|ninguna|ninguno empresa?",
            "por mi cuenta",
            "cuenta propia",
            "a titulo personal",
            "trabajo|desde en? casa",
        ],
    ),
    (
        T::BudgetCue,
        &[
            "presupuesto|presupuestos|presupuestado|gastar|gastarme|invertir|inversion|destinar|destinado|disponemos|dispongo",
            "podemos|puedo|podria|podriamos|dispuesto|dispuestos pagar|a_pagar|gastar",
            "contamos|cuento con",
            "hasta|maximo|tope de?",
        ],
    ),
    (
        T::OtherMoney,
        &[
            "facturamos|facturacion|ingresos|ventas|sueldo|salario|ganamos|gano|beneficios|vale|valorada",
            "cuesta|cuestan|cobran|cobra|cobrais|precio|precios|vale|valen|me_sale|debo|deben|perdemos|perdiendo|factura",
            "pago|pagamos|gasto|gastamos ahora|actualmente|ya",
            "competencia",
        ],
    ),
    (T::Coin(Coin::Dollar), &["dolar|dolares"]),
    (T::Coin(Coin::Peso), &["peso|pesos"]),
    (T::Coin(Coin::Code("MXN")), &["pesos? mexicano|mexicanos"]),
    (T::Coin(Coin::Code("ARS")), &["pesos? argentinos"]),
    (T::Coin(Coin::Code("COP")), &["pesos? colombianos"]),
    (T::Coin(Coin::Code("USD")), &["dolares americanos|estadounidenses"]),
    (T::Coin(Coin::Code("GBP")), &["libra|libras esterlinas?"]),
    (T::Coin(Coin::Code("CHF")), &["franco|francos suizos?"]),
    (T::Coin(Coin::Code("BRL")), &["real|reales brasilenos"]),
    (T::Range, &["a|y|o|hasta", "o_quizas|quizas|tal_vez|como_mucho"]),
    (T::HalfOf(1_000_000), &["medio millon"]),
    (
        T::PhoneCue,
        &[
            "telefono|tel|movil|celular|whatsapp|numero|llamame|llamarme|llamen|llama|llame|llamar|fijo|cel|tlf|tfno|localizar|contactar",
        ],
    ),
    (
        T::IdCue,
        &[
            "pedido|factura|cliente|ticket|cuenta|referencia|expediente|reserva|registro|contrato|seguimiento numero|no|n|nro|id|num?",
            "numero|no|n|nro|id|codigo de pedido|factura|cliente|ticket|cuenta|referencia|expediente|reserva|serie|registro|contrato|seguimiento",
            "iban|nif|cif|dni|nie|rfc|id|pin|codigo|referencia",
        ],
    ),
    (T::SpokenAt, &["arroba"]),
    (T::SpokenDot, &["punto"]),
    (T::SpokenDash, &["guion", "guion medio"]),
    (T::SpokenUnderscore, &["guion bajo", "barra baja", "underscore"]),
];
