//! English: numbers, and words that are never names.

pub(super) const NUMBERS: &[(&str, u64)] = &[
    ("zero", 0),
    ("one", 1),
    ("two", 2),
    ("three", 3),
    ("four", 4),
    ("five", 5),
    ("six", 6),
    ("seven", 7),
    ("eight", 8),
    ("nine", 9),
    ("ten", 10),
    ("eleven", 11),
    ("twelve", 12),
    ("thirteen", 13),
    ("fourteen", 14),
    ("fifteen", 15),
    ("sixteen", 16),
    ("seventeen", 17),
    ("eighteen", 18),
    ("nineteen", 19),
    ("twenty", 20),
    ("thirty", 30),
    ("forty", 40),
    ("fourty", 40),
    ("fifty", 50),
    ("sixty", 60),
    ("seventy", 70),
    ("eighty", 80),
    ("ninety", 90),
    ("hundred", 100),
    ("hundreds", 100),
    ("thousand", 1_000),
    ("thousands", 1_000),
    ("grand", 1_000),
    ("million", 1_000_000),
    ("millions", 1_000_000),
    ("billion", 1_000_000_000),
];

pub(super) const NEVER_NAMES: &str = "
    irish scottish welsh polish russian turkish greek danish swedish norwegian finnish hungarian romanian czech ukrainian
    korean vietnamese thai israeli arab african asian south north argentinian colombian chilean
    home school bank hospital government university shop store restaurant factory hotel construction retail finance healthcare education
    a an the this that these those my your our his her its their and or but so if then than not no yes yeah yep ok okay sure
    of course please thanks thank hi hello hey there here good great fine well very really quite just only also too still
    already now today tomorrow tonight later soon maybe perhaps right wrong sorry happy glad sad busy free open ready able
    sure certain afraid aware new old big small large tiny young tall short rich poor bored tired hungry sick ill okay late
    early back home away out in on at to from with for by about up down over under off as like one two three all any some
    none both what which who when where why how it i you he she we they me him us them is are was were be been am do does did
    have has had can could will would shall should may might must need want get got go going come coming looking calling
    writing trying interested thinking wondering working running owner founder ceo cto cfo manager director developer
    engineer student teacher doctor lawyer nurse designer consultant freelancer customer client visitor buyer seller agent
    architect accountant partner assistant representative person human man woman guy girl boy someone somebody anyone
    everyone nobody nothing something anything everything decision maker head boss freelance self employed retired
    vegetarian vegan american british english french german spanish italian portuguese dutch swiss european canadian
    australian mexican brazilian indian chinese japanese price cost demo budget email mail phone number company business
    firm agency appointment meeting call time date day week month year monday tuesday wednesday thursday friday saturday
    sunday january february april june july august september october november december question answer problem help
    information info product service website website test good bad better best worse worst cheap expensive crazy
    excited curious confused surprised worried concerned convinced pleased delighted satisfied disappointed frustrated
    angry mad upset available unavailable based located currently responsible serious done gonna gotta kidding joking
    unsure undecided unable willing unhappy more less much many most again always never ever sometimes usually often bot robot
    stupid idiot dumb useless mine yours ours name names full first last speaking ask tell say know think mean meant say
    skip next nope nah whatever why private none secret anonymous prefer rather don dont im ive id ill its thats lets lot bit
    kind sort pretty totally absolutely definitely actually basically simply literally probably possibly
    alone stuck lost new stop wait hold let make made give given take took see saw use using used try tried correct spelled
    work works job team sales marketing office plumber baker dentist member user admin developer moment second minute
    because since while though although however anyway well hmm um uh er oh ah wow hm cool nice awesome perfect exactly
    joke weather football recipe poem buy sell pay paying spend spending same different other another";
