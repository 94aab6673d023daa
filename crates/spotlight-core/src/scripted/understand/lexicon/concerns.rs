//! What counts for a lead's score beside the intents: objections, asking how soon it could start, and the words for
//! contacts and appointments, in every language.

use super::{
    Tag as T,
    tag::Matter::{Contact, Interest, Meeting},
};
use crate::domain::score::Objection::{Authority, Competitor, Timing};

type Phrases = &'static [(T, &'static [&'static str])];

pub(super) const EN: Phrases = &[
    (
        T::Objects(Timing),
        &[
            "not now|right_now|just_now|for_now|at_the_moment|at_this_time",
            "isnt|not a|the|really? right|good|best|ideal time|moment",
            "bad|wrong time|timing|moment",
            "maybe|perhaps|possibly later|next_year|next_quarter|another_time|some_other_time|someday|in_the_future",
            "too early|soon for|to",
            "its|is|still|bit|way too early|soon",
            "not ready|prepared yet|for|to",
            "no|have_no|dont_have|havent_got|without time|capacity|resources for_this|for_that|now|right_now|at_the_moment|this_year|this_quarter",
            "come|get|circle|check|reach back|in_touch|out later|next_year|next_quarter|in_a_few",
            "on hold|ice",
            "not|isnt a|our|my|the? top? priority",
            "other priorities",
            "not this year|quarter",
            "not until|before|till next year|quarter",
        ],
    ),
    (
        T::Objects(Competitor),
        &[
            "already have|use|using|got|with|signed|pay * provider|vendor|supplier|system|solution|tool|software|crm|contract|someone|partner|agency",
            "already use|using|work_with|working_with|pay_for",
            "happy|satisfied|content|stick|sticking|stay|staying|fine with * provider|vendor|supplier|system|solution|tool|software|current|existing|agency|what_we_have|what_i_have",
            "going|gone|go|went|signed|signing with * competitor|competitors|someone_else|somebody_else|another_provider|another_company|another_vendor|another_supplier|a_different_provider",
            "prefer|chose|chosen|choose|picked|using|use|switched_to|signed_with * competitor|competitors|rival|your_competition",
            "competitor|competitors|rival|rivals|competition offers|offer|has|have|is|are|does|gave",
            "another|different|current|existing|present provider|vendor|supplier|agency",
        ],
    ),
    (
        T::Objects(Authority),
        &[
            "my|our|the boss|manager|director|partner|wife|husband|ceo|cto|cfo|board|supervisor|management|procurement|superior decides|decide|has_to|needs_to|must|makes|signs|approves|would_have_to|will_have_to|has_the_final",
            "ask|consult|convince|persuade my|our boss|manager|director|partner|wife|husband|ceo|cfo|board|team|management|colleagues|superior",
            "check|talk|speak|discuss|clear|align|run * with|to|by|past my|our boss|manager|director|partner|wife|husband|ceo|cfo|board|team|management|colleagues|superior",
            "isnt|not my|our|mine decision|call|to_decide|to_make",
            "isnt|not up_to_me|up_to_us",
            "need|needs|require|requires|get * approval|permission|sign_off",
            "cant|cannot|dont|not decide|approve|sign|commit * alone|myself|on_my_own|by_myself",
            "not the|a decision_maker|one_who_decides|person_who_decides|one_to_decide",
            "someone|somebody else decides|makes_the|has_to_decide|signs",
        ],
    ),
    (
        T::AsksStart,
        &[
            "how soon|quickly|fast|early can|could|would|will",
            "when can|could|would|will|may i|we|it|you|this|they * start|begin|live|ready|delivered|deliver|launch|onboard|set_up|install|ship|arrive",
            "how long does|do|would|will it|that|this|set_up|setup|delivery|onboarding|implementation|installation|migration|the_setup|the_delivery take",
            "how long until|till|before we|i|it",
            "lead|delivery|setup|implementation|onboarding time|times",
            "can|could we|i start|begin|go_live",
        ],
    ),
    (T::Names(Contact), &["email|e-mail|mail|phone|telephone|mobile|number|contact_details|address"]),
    (
        T::Names(Meeting),
        &["appointment|appointments|meeting|demo|slot|slots|presentation", "a|any|the|no|schedule call"],
    ),
    (T::Names(Interest), &["interest~|uninterested|disinterested"]),
];

pub(super) const DE: Phrases = &[
    (
        T::Objects(Timing),
        &[
            "^nein|leider|aber? jetzt|im_moment|derzeit|momentan|zurzeit|aktuell|gerade noch? nicht$",
            "nicht jetzt|im_moment|derzeit|momentan|zurzeit|dieses_jahr|in_diesem_jahr",
            "kein|nicht_der|nicht_die|falscher|schlechter|ungunstiger guter?|gute?|richtige?|richtiger?|passende?|passender? zeitpunkt|moment|zeit",
            "vielleicht|eventuell|lieber|eher spater|nachstes_jahr|nachsten_monat|im_nachsten_jahr|ein_andermal",
            "noch|viel|etwas zu fruh",
            "zu fruh fur|um",
            "noch nicht so_weit|soweit|bereit",
            "gerade|derzeit|momentan|im_moment|aktuell|jetzt|zurzeit keine zeit|kapazitat|kapazitaten|ressourcen",
            "keine zeit|kapazitat|kapazitaten|ressourcen dafur|im_moment|gerade|jetzt|derzeit|momentan",
            "keine|nicht_unsere|nicht_meine|andere prioritat|prioritaten",
            "erst nachstes|kommendes|im_nachsten|im_kommenden jahr|quartal",
            "melde|melden mich|uns * spater|nachstes_jahr|nachsten_jahr",
        ],
    ),
    (
        T::Objects(Competitor),
        &[
            "haben|habe|nutzen|nutze|verwenden|verwende|benutzen|setzen|arbeiten|arbeite wir|ich? * bereits|schon * anbieter|lieferanten|system|losung|tool|software|dienstleister|partner|agentur|vertrag|crm|jemanden",
            "bereits|schon * versorgt|eingedeckt|kunde_bei",
            "zufrieden mit * anbieter|lieferanten|system|losung|tool|software|dienstleister|agentur|bisherigen|aktuellen|jetzigen|derzeitigen",
            "bleiben|bleibe * bei|beim * anbieter|lieferanten|system|dienstleister|agentur|bisherigen|aktuellen|jetzigen|derzeitigen",
            "konkurrenz|konkurrent|konkurrenten|mitbewerber|wettbewerber|wettbewerb ist|hat|bietet|macht|kann|sind|haben|bieten",
            "gehen|gehe|nehmen|nehme|entschieden|bevorzuge|bevorzugen|wechseln * konkurrenz|konkurrenten|mitbewerber|wettbewerber|anderen_anbieter",
            "anderen|anderer|anderem anbieter|dienstleister|lieferanten",
        ],
    ),
    (
        T::Objects(Authority),
        &[
            "mein|meine|unser|unsere|der|die chef|chefin|boss|geschaftsfuhrer|geschaftsfuhrerin|geschaftsfuhrung|vorstand|vorgesetzter|vorgesetzte|einkauf|partner|partnerin|mann|frau|leitung|geschaftsleitung entscheidet|entscheiden|muss|mussen|bestimmt|unterschreibt|genehmigt|trifft",
            "muss|entscheidet|bestimmt|entscheiden|mussen * mein|meine|unser|unsere|der|die chef|chefin|boss|geschaftsfuhrer|geschaftsfuhrerin|geschaftsfuhrung|vorstand|vorgesetzter|vorgesetzte|einkauf|partner|partnerin|mann|frau|leitung|geschaftsleitung",
            "muss|mussen|musste ich|wir? * chef|chefin|boss|geschaftsfuhrer|geschaftsfuhrung|vorstand|vorgesetzten|partner|partnerin|mann|frau|team|leitung|kollegen * fragen|besprechen|klaren|abstimmen|absprechen|reden|sprechen",
            "nicht meine entscheidung",
            "entscheide|entscheiden ich|wir|das|daruber * nicht",
            "kann|darf ich|das|es * nicht allein|alleine|selbst|selber * entscheiden|bestimmen",
            "brauche|brauchen|benotige|benotigen * genehmigung|freigabe|zustimmung",
        ],
    ),
    (
        T::AsksStart,
        &[
            "wie schnell|bald|fruh konnten|konnen|kann|geht|ware|ist|lasst|konnte|wurde",
            "wann|ab_wann konnten|konnen|kann|konnte|geht|ware * starten|loslegen|anfangen|beginnen|los|einsatzbereit|liefern|geliefert|startklar|live",
            "wie lange dauert|dauern|braucht * einrichtung|einfuhrung|lieferung|umsetzung|installation|implementierung|bis",
            "lieferzeit|lieferzeiten|einrichtungszeit|vorlaufzeit",
        ],
    ),
    (
        T::Names(Contact),
        &[
            "email|e-mail|mail|mailadresse|e-mail-adresse|telefon|telefonnummer|nummer|handynummer|handy|kontaktdaten|adresse",
        ],
    ),
    (T::Names(Meeting), &["termin|termine|gesprach|demo|besprechung|treffen|vorfuhrung|anruf|meeting"]),
    (T::Names(Interest), &["interess~|desinteress~"]),
];

pub(super) const ES: Phrases = &[
    (
        T::Objects(Timing),
        &[
            "^pero|bueno? ahora|ahora_mismo|por_ahora|de_momento|por_el_momento|en_este_momento no$",
            "^no? no ahora|por_ahora|por_el_momento|en_este_momento|de_momento$",
            "no es|seria|parece el|un mejor|buen|adecuado? momento",
            "mal momento",
            "quiza|quizas|tal_vez|mejor mas_adelante|mas_tarde|el_ano_que_viene|el_proximo_ano|otro_momento|en_otro_momento",
            "demasiado|muy pronto para",
            "es|aun|todavia demasiado pronto|temprano",
            "no estamos|estoy listos|listo|lista|preparados|preparado|preparada",
            "no tengo|tenemos tiempo|capacidad|recursos ahora|para_esto|para_eso|en_este_momento",
            "no es|son una|la|nuestra? prioridad",
            "otras prioridades",
            "no este ano|trimestre",
            "hasta el_ano_que_viene|el_proximo_ano",
        ],
    ),
    (
        T::Objects(Competitor),
        &[
            "ya tengo|tenemos|usamos|uso|utilizamos|utilizo|trabajamos|trabajo|contamos * proveedor|sistema|solucion|herramienta|software|programa|agencia|crm|contrato|alguien",
            "ya usamos|utilizamos|trabajamos_con|uso|utilizo|trabajo_con",
            "contento|contentos|contenta|satisfecho|satisfechos|satisfecha|seguimos|seguir|seguire|quedo|quedamos con * proveedor|sistema|solucion|actual|herramienta|programa|agencia",
            "prefiero|preferimos|elegido|elegimos|vamos|voy|quedamos|contratado * competencia|otro_proveedor|otra_empresa|otra_solucion",
            "competencia|competidor|competidores ofrece|tiene|es|son|da|hace|ofrecen|tienen",
            "otro proveedor|competidor",
        ],
    ),
    (
        T::Objects(Authority),
        &[
            "mi|nuestro|nuestra|la|el jefe|jefa|socio|socia|director|directora|gerente|junta|direccion|consejo|marido|mujer|esposo|esposa decide|tiene_que|debe|aprueba|firma|tiene_la_ultima",
            "decide|decidirlo|depende_de|aprueba|aprobarlo mi|nuestro|nuestra|la|el jefe|jefa|socio|socia|director|directora|gerente|junta|direccion|consejo|marido|mujer|esposo|esposa",
            "consultar~|preguntar~|hablar~|comentar~|discutir~ * mi|nuestro|nuestra|mis jefe|jefa|socio|socia|socios|director|directora|gerente|direccion|marido|mujer|esposo|esposa|equipo",
            "no decido|lo_decido|depende_de_mi|es_mi_decision|soy_quien_decide|soy_el_que_decide|soy_la_que_decide|tomo_la_decision",
            "necesito|necesitamos|necesita * aprobacion|permiso|autorizacion|visto_bueno",
            "no puedo decidir|decidirlo solo|sola|sin|yo",
        ],
    ),
    (
        T::AsksStart,
        &[
            "cuando|desde_cuando podriamos|podemos|puedo|podria|se_puede|pueden|estaria|estara * empezar|comenzar|arrancar|iniciar|listo|lista|operativo|funcionando|entregar|entrega|instalar",
            "cuanto tarda|tardan|tardaria|tardais|tiempo|demora * implementacion|instalacion|entrega|puesta_en_marcha|configuracion|empezar|entregar|instalar|listo",
            "que_tan|cuan|como_de pronto|rapido",
            "con que rapidez",
            "plazo|plazos|tiempo|tiempos de entrega|implementacion|instalacion",
        ],
    ),
    (T::Names(Contact), &["correo|email|e-mail|mail|telefono|movil|celular|numero|datos"]),
    (T::Names(Meeting), &["cita|citas|reunion|demo|demostracion|llamada|visita|horario|horarios"]),
    (T::Names(Interest), &["interes~"]),
];

pub(super) const FR: Phrases = &[
    (
        T::Objects(Timing),
        &[
            "^non? pas maintenant|tout_de_suite|pour_l'instant|pour_le_moment|en_ce_moment",
            "^mais? pour_l'instant|pour_le_moment|en_ce_moment non|pas$",
            "pas le|un bon|meilleur? moment",
            "mauvais moment",
            "peut-etre|plutot plus_tard|l'annee_prochaine|l'an_prochain|une_autre_fois",
            "trop tot pour",
            "encore|un_peu|bien|est trop tot",
            "pas encore? prets|pret|prete|pretes",
            "pas le_temps|les_ressources|de_temps maintenant|pour_ca|pour_cela|en_ce_moment|actuellement",
            "pas une|la|notre|ma? priorite",
            "d'autres priorites",
            "pas cette annee",
            "pas avant l'annee_prochaine|l'an_prochain",
        ],
    ),
    (
        T::Objects(Competitor),
        &[
            "avons|ai|utilisons|utilise|travaillons|travaille|sommes deja * fournisseur|prestataire|systeme|solution|outil|logiciel|agence|crm|contrat|quelqu'un|equipes",
            "utilisons|utilise deja",
            "satisfait|satisfaits|satisfaite|content|contents|contente|restons|reste|rester de|avec|chez * fournisseur|prestataire|systeme|solution|outil|logiciel|actuel|actuelle|agence",
            "prefere|preferons|choisi|allons|vais|signe * concurrence|concurrent|concurrents|autre_fournisseur|autre_prestataire",
            "concurrence|concurrent|concurrents est|a|propose|offre|fait|sont|ont|proposent",
            "autre fournisseur|prestataire",
        ],
    ),
    (
        T::Objects(Authority),
        &[
            "mon|ma|notre|nos|la|le patron|patronne|chef|cheffe|directeur|directrice|associe|associee|mari|femme|direction|responsable|gerant|gerante|conseil|associes qui? decide|decident|doit|valide|signe|tranche|doivent",
            "demander|consulter|parler|en_parler|voir|valider|discuter|en_discuter * mon|ma|notre|mes|nos patron|patronne|chef|cheffe|directeur|directrice|associe|associee|mari|femme|direction|responsable|gerant|gerante|conseil|associes|equipe",
            "pas ma decision",
            "ne|n? depend pas de moi",
            "ne decide pas",
            "pas moi qui|de decide|decider",
            "besoin|faut|attends|attendons * l'accord|l'aval|validation|l'autorisation",
            "ne|n? peux pas decider|m'engager seul|seule|sans",
        ],
    ),
    (
        T::AsksStart,
        &[
            "quand|a_partir_de_quand pouvons|peut|pourrions|pourrait|puis|pourrais|est-ce_que * commencer|demarrer|debuter|lancer|operationnel|livrer|livre|installer|pret",
            "combien de temps * mise_en_place|installation|livraison|deploiement|demarrer|commencer|installer|mettre_en_place",
            "dans|sous|en quel|quels|combien delai|delais|de_temps",
            "delai|delais de livraison|mise_en_place|installation|deploiement",
            "a quelle vitesse",
        ],
    ),
    (T::Names(Contact), &["email|e-mail|mail|adresse|telephone|numero|portable|coordonnees"]),
    (T::Names(Meeting), &["rendez-vous|rdv|reunion|demo|demonstration|appel|creneau|creneaux"]),
    (T::Names(Interest), &["interess~|desinteress~"]),
];

pub(super) const IT: Phrases = &[
    (
        T::Objects(Timing),
        &[
            "^no? non adesso|ora|per_ora|per_il_momento|al_momento|subito",
            "^ma? adesso|ora|per_ora|per_il_momento|al_momento no$",
            "non e|sembra il|un buon|miglior|giusto? momento",
            "momento sbagliato",
            "forse|magari|meglio piu_avanti|piu_tardi|l'anno_prossimo|un'altra_volta|in_futuro",
            "troppo presto per",
            "e|ancora troppo presto",
            "non siamo|sono ancora? pronti|pronto|pronta",
            "non ho|abbiamo tempo|risorse adesso|ora|per_questo|al_momento",
            "non e una|la|nostra? priorita",
            "altre priorita",
            "non quest'anno",
            "non prima dell'anno_prossimo",
        ],
    ),
    (
        T::Objects(Competitor),
        &[
            "ho|abbiamo|usiamo|uso|utilizziamo|utilizzo|lavoriamo|lavoro gia * fornitore|sistema|soluzione|strumento|software|programma|agenzia|crm|contratto|qualcuno",
            "usiamo|uso|utilizziamo|utilizzo gia",
            "soddisfatto|soddisfatti|soddisfatta|contento|contenti|contenta|restiamo|resto|rimaniamo|rimango del|con|dal|di|col|della * fornitore|sistema|soluzione|attuale|software|programma|agenzia",
            "preferisco|preferiamo|scelto|andiamo|vado|firmato * concorrenza|concorrente|altro_fornitore|un'altra_azienda",
            "concorrenza|concorrente|concorrenti e|ha|offre|fa|sono|offrono|hanno",
            "altro fornitore",
        ],
    ),
    (
        T::Objects(Authority),
        &[
            "il|mio|mia|nostro|nostra|la capo|socio|socia|direttore|direttrice|titolare|direzione|consiglio|amministratore|superiore|marito|moglie decide|deve|approva|firma|prende",
            "decide|spetta|dipende|decidere il|la|al|alla|dal|dalla|mio|mia * capo|socio|socia|direttore|direttrice|titolare|direzione|consiglio|amministratore|superiore|marito|moglie",
            "chiedere|chiederlo|consultare|parlare|parlarne|sentire|discutere|discuterne|confrontarmi * mio|mia|nostro|nostra|miei|nostri capo|socio|socia|soci|direttore|direttrice|titolare|direzione|amministratore|superiore|marito|moglie|team|colleghi",
            "non decido|dipende_da_me|spetta_a_me|sono_io_che_decido|sono_io_a_decidere|e_una_mia_decisione",
            "serve|bisogno|servono|aspetto * approvazione|autorizzazione",
            "non posso decidere * solo|sola|senza",
        ],
    ),
    (
        T::AsksStart,
        &[
            "quando|da_quando possiamo|posso|potremmo|potrei|si_puo|potete|sarebbe|sara * iniziare|cominciare|partire|pronto|operativo|attivo|consegnare|consegna|installare",
            "quanto tempo|ci * installazione|consegna|attivazione|configurazione|implementazione|iniziare|partire|avvio",
            "in quanto tempo",
            "tempi|tempo di consegna|attivazione|installazione|implementazione",
            "quanto presto|velocemente|rapidamente",
        ],
    ),
    (T::Names(Contact), &["email|e-mail|mail|telefono|cellulare|numero|indirizzo|contatti|recapito"]),
    (T::Names(Meeting), &["appuntamento|riunione|demo|dimostrazione|incontro|chiamata|orario|orari"]),
    (T::Names(Interest), &["interess~|disinteress~"]),
];

pub(super) const PT: Phrases = &[
    (
        T::Objects(Timing),
        &[
            "^mas? agora|por_enquanto|de_momento|no_momento|neste_momento nao$",
            "^nao? nao agora|por_enquanto|neste_momento|no_momento|de_momento$",
            "nao e|seria o|a|um|uma boa|bom|melhor? momento|altura|hora",
            "ma|pessima altura|hora",
            "talvez|quem_sabe|melhor mais_tarde|ano_que_vem|no_ano_que_vem|no_proximo_ano|mais_para_frente|mais_adiante|outra_hora",
            "cedo demais para",
            "muito|ainda|demasiado cedo para",
            "ainda e|esta muito? cedo",
            "nao estamos|estou prontos|pronto|pronta|preparados|preparado|preparada",
            "nao tenho|temos tempo|recursos|capacidade agora|para_isso|neste_momento|no_momento",
            "nao e uma|a|nossa? prioridade",
            "outras prioridades",
            "nao este|neste|esse ano",
        ],
    ),
    (
        T::Objects(Competitor),
        &[
            "ja tenho|temos|usamos|uso|utilizamos|utilizo|trabalhamos|trabalho * fornecedor|sistema|solucao|ferramenta|software|programa|agencia|crm|contrato|alguem",
            "ja usamos|uso|utilizamos|utilizo|trabalhamos_com|trabalho_com",
            "satisfeito|satisfeitos|satisfeita|contente|contentes|feliz|felizes|ficamos|fico|continuar|ficar com * fornecedor|sistema|solucao|atual|ferramenta|software|agencia",
            "prefiro|preferimos|escolhi|escolhemos|vamos|vou|fechei|fechamos * concorrencia|concorrente|outro_fornecedor|outra_empresa",
            "concorrencia|concorrente|concorrentes e|tem|oferece|faz|sao|oferecem",
            "outro fornecedor",
        ],
    ),
    (
        T::Objects(Authority),
        &[
            "o|a|meu|minha|nosso|nossa chefe|socio|socia|diretor|diretora|gerente|diretoria|direcao|conselho|patrao|marido|esposa|mulher decide|tem_que|tem_de|precisa|aprova|assina|resolve|quem_decide|e_quem_decide|que_decide|e_que_decide",
            "decide|decidem|depende|aprova * chefe|socio|socia|diretor|diretora|gerente|diretoria|direcao|conselho|patrao|marido|esposa|mulher",
            "consultar|perguntar|falar|conversar|alinhar|discutir|ver * meu|minha|nosso|nossa|meus chefe|socio|socia|socios|diretor|diretora|gerente|diretoria|direcao|patrao|marido|esposa|mulher|equipe|equipa",
            "nao sou quem_decide|eu_quem_decide|eu_que_decido|o_decisor",
            "nao decido|depende_de_mim|depende_so_de_mim|cabe_a_mim|e_decisao_minha",
            "preciso|precisamos|precisa|falta * aprovacao|autorizacao|aval",
            "nao posso decidir * sozinho|sozinha|sem",
        ],
    ),
    (
        T::AsksStart,
        &[
            "quando podemos|posso|poderiamos|poderia|da_para|pode|estaria|ficaria|fica * comecar|iniciar|arrancar|pronto|entregar|entrega|instalar|funcionando",
            "quanto tempo * implementacao|instalacao|entrega|configuracao|comecar|implantacao|instalar|pronto",
            "em quanto tempo",
            "prazo|prazos de|da entrega|implementacao|instalacao|implantacao",
            "quao rapido|rapidamente|cedo",
        ],
    ),
    (T::Names(Contact), &["e-mail|email|mail|telefone|celular|telemovel|numero|contato|contacto"]),
    (
        T::Names(Meeting),
        &[
            "reuniao|agendamento|demo|demonstracao|encontro|chamada|horario|horarios|marcacao|visita|ligacao|compromisso",
        ],
    ),
    (T::Names(Interest), &["interess~|desinteress~"]),
];
