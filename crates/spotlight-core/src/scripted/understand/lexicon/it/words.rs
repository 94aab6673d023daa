//! Italian: numbers, and words that are never names.

pub(super) const NUMBERS: &[(&str, u64)] = &[
    ("zero", 0),
    ("un", 1),
    ("uno", 1),
    ("una", 1),
    ("due", 2),
    ("tre", 3),
    ("quattro", 4),
    ("cinque", 5),
    ("sei", 6),
    ("sette", 7),
    ("otto", 8),
    ("nove", 9),
    ("dieci", 10),
    ("undici", 11),
    ("dodici", 12),
    ("tredici", 13),
    ("quattordici", 14),
    ("quindici", 15),
    ("sedici", 16),
    ("diciassette", 17),
    ("diciotto", 18),
    ("diciannove", 19),
    ("venti", 20),
    ("vent", 20),
    ("trenta", 30),
    ("trent", 30),
    ("quaranta", 40),
    ("quarant", 40),
    ("cinquanta", 50),
    ("cinquant", 50),
    ("sessanta", 60),
    ("sessant", 60),
    ("settanta", 70),
    ("settant", 70),
    ("ottanta", 80),
    ("ottant", 80),
    ("novanta", 90),
    ("novant", 90),
    ("cento", 100),
    ("cent", 100),
    ("mille", 1_000),
    ("mila", 1_000),
    ("migliaio", 1_000),
    ("milione", 1_000_000),
    ("milioni", 1_000_000),
    ("miliardo", 1_000_000_000),
    ("miliardi", 1_000_000_000),
];

pub(super) const NEVER_NAMES: &str = "
    casa banca ospedale scuola universita negozio ristorante fabbrica hotel ufficio edilizia proprio
    il lo la i gli le l un uno una del dello della dei degli delle dell al allo alla ai agli alle dal dalla dai nel nella
    sul sulla e ed o ma se che chi cui quale quali quando quanto quanti quante dove come perche anche ancora gia sempre mai
    spesso oggi domani ieri stasera stamattina ora adesso dopo prima poi presto tardi subito qui qua li la sono sei siamo
    siete era ero sara sarei ho hai ha abbiamo avete hanno avrei voglio vuole vorrei vogliamo posso puo possiamo potete
    potrei devo deve vado va andiamo faccio fa mi ti ci vi si me te lui lei noi voi loro io tu mio mia miei mie tuo tua
    suo sua nostro nostra vostro vostra non no ciao salve buongiorno buonasera grazie prego scusa scusi scusate per con
    senza di a da in su tra fra contro verso entro circa interessato interessata interessati contento contenta felice triste
    libero libera occupato occupata impegnato impegnata disponibile disponibili pronto pronta sicuro sicura certo certa
    d'accordo bene male meglio peggio molto poco troppo tanto piu meno quasi solo soltanto proprio davvero veramente
    nuovo nuova vecchio vecchia giovane grande piccolo piccola alto basso bello bella buono buona cattivo caro cara costoso
    gratis stanco stanca malato malata cliente privato autonomo libero professionista studente studentessa pensionato
    pensionata medico dottore avvocato ingegnere architetto dentista infermiere insegnante professore titolare direttore
    direttrice capo responsabile proprietario proprietaria amministratore fondatore fondatrice socio socia commerciale
    venditore acquirente imprenditore imprenditrice consulente sviluppatore programmatore commercialista segretaria
    assistente agente operatore persona umano umana uomo donna ragazzo ragazza robot bot macchina italiano italiana inglese
    francese tedesco tedesca spagnolo spagnola svizzero svizzera americano americana prezzo prezzi costo demo budget mail
    email telefono numero cellulare azienda societa ditta impresa agenzia appuntamento riunione chiamata incontro ore giorno
    data settimana mese anno lunedi martedi mercoledi giovedi venerdi sabato domenica gennaio febbraio marzo aprile maggio
    giugno luglio agosto settembre ottobre novembre dicembre domanda risposta problema aiuto informazioni informazione info
    prodotto servizio sito web nome cognome completo questo questa questi queste quello quella quelli cosa niente nulla
    qualcosa qualcuno nessuno tutto tutti ogni altro altra altri idiota stupido scemo inutile preferisco dire dare darlo
    dirlo sapere vedere fare avere parlare prossimo prossima anonimo segreto vegetariano vegetariana possibile impossibile
    vero falso perfetto esatto giusto giusta corretto sbagliato sbagliata forse magari lavoro cerco cerca chiamo scrivo
    dispiace spiace favore piacere ah oh eh ehm mah boh beh allora dunque quindi comunque barzelletta tempo meteo ricetta
    secondo terzo primo ultimo ultima uno due tre parte basta aspetta aspetti parla indeciso indecisa curioso curiosa
    sposato sposata padre madre figlio figlia marito moglie signor signora contrario favorevole essere stato stata";
