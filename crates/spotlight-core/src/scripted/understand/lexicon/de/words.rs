//! German: numbers, and words that are never names.

pub(super) const NUMBERS: &[(&str, u64)] = &[
    ("null", 0),
    ("ein", 1),
    ("eins", 1),
    ("eine", 1),
    ("einen", 1),
    ("einer", 1),
    ("einem", 1),
    ("zwei", 2),
    ("zwo", 2),
    ("drei", 3),
    ("vier", 4),
    ("fünf", 5),
    ("sechs", 6),
    ("sieben", 7),
    ("acht", 8),
    ("neun", 9),
    ("zehn", 10),
    ("elf", 11),
    ("zwölf", 12),
    ("dreizehn", 13),
    ("vierzehn", 14),
    ("fünfzehn", 15),
    ("sechzehn", 16),
    ("siebzehn", 17),
    ("achtzehn", 18),
    ("neunzehn", 19),
    ("zwanzig", 20),
    ("dreißig", 30),
    ("dreissig", 30),
    ("vierzig", 40),
    ("fünfzig", 50),
    ("sechzig", 60),
    ("siebzig", 70),
    ("achtzig", 80),
    ("neunzig", 90),
    ("hundert", 100),
    ("tausend", 1_000),
    ("million", 1_000_000),
    ("millionen", 1_000_000),
    ("milliarde", 1_000_000_000),
    ("milliarden", 1_000_000_000),
];

pub(super) const NEVER_NAMES: &str = "
    ubrigens halt eben mal so naja
    bins zuhause bank krankenhaus schule universitat geschaft restaurant fabrik hotel bau handel gastronomie behorde
    der die das den dem des ein eine einen einem einer eines kein keine keinen mein meine meinen dein deine sein seine ihr
    ihre unser unsere euer eure und oder aber denn sondern als wenn ob dass weil wie was wer wo wann warum wieso weshalb
    welche welcher welches ich du er sie es wir ihr man mich dich sich uns euch mir dir ihm ihnen nicht nichts nie niemals
    niemand jemand etwas alles alle viele wenig wenige mehr sehr zu so auch noch nur schon doch mal ja nein nee jo okay
    danke bitte gern gerne hallo guten tag morgen abend moin servus gruss tschuss bin bist ist sind seid war waren habe hast
    hat haben hatte will wollen mochte mochten kann konnen konnte muss mussen soll sollen darf werde wird werden wurde
    heisse heisst name hier da dort heute gestern ubermorgen jetzt gleich bald spater fruher immer oft manchmal in im an am
    auf aus bei beim mit nach seit von vom vor zum zur uber unter neben zwischen durch fur gegen ohne um bis ab dabei dafur
    dagegen interessiert interessierte sicher unsicher fertig bereit frei besetzt beschaftigt verfugbar erreichbar zufrieden
    unzufrieden glucklich traurig mude krank neu neue neuer alt alte jung gross klein gut gute schlecht besser best teuer
    billig gunstig richtig falsch genau klar egal leider vielleicht eventuell wahrscheinlich naturlich selbststandig
    selbstandig freiberufler kunde kundin interessent student studentin rentner rentnerin arzt arztin anwalt anwaltin
    lehrer ingenieur architekt zahnarzt geschaftsfuhrer geschaftsfuhrerin chef chefin inhaber inhaberin leiter leiterin
    grunder unternehmer unternehmerin verkaufer kaufer einkaufer berater beraterin entwickler entwicklerin handwerker
    mitarbeiter mitarbeiterin assistent assistentin sekretarin mensch person mann frau junge madchen roboter bot maschine
    deutscher deutsche osterreicher schweizer englander franzose italiener spanier amerikaner preis preise kosten demo
    budget mail email e telefon handy nummer firma unternehmen betrieb agentur termin anruf gesprach treffen meeting uhr
    zeit tag datum woche monat jahr montag dienstag mittwoch donnerstag freitag samstag sonntag januar februar marz april
    mai juni juli august september oktober november dezember frage fragen antwort problem hilfe information informationen
    info produkt service dienst webseite website idiot dumm dummkopf nutzlos lieber sagen geben wissen sehen machen haben
    sein sprechen reden privat anonym geheim nachste nachster vegetarier vegetarierin veganer gespannt uberzeugt begeistert
    enttauscht verwirrt neugierig ganz gar total wirklich eigentlich einfach ziemlich etwa ungefahr erst erste zweite letzte
    ja entschuldigung sorry verzeihung moment warte stopp halt ruhe suche arbeite rufe melde schreibe wohne komme kommt
    interesse verantwortlich zustandig entscheider entscheiderin allein alleine selbst raus dran drin weg unterwegs zuhause
    hause urlaub mitglied privatperson besitzer eigentumer vertreter witz wetter rezept ah oh ah hm hmm tja na nun also dann
    super toll prima klasse perfekt dies diese dieser dieses diesen welchen herr frau bestens anderer andere anderen gerade
    daran darauf damit davon steht stehe geht lasst vater mutter steuerberater hausfrau azubi";
