//! Common given names, surnames that follow particles, and well-known places, in any of the languages.

/// Common given names.
pub(super) const GIVEN: &str = "
    aaron adam adele adrian adriana agnes ahmed aisha alain alan alba albert alberto alejandra alejandro alessandra
    alessandro alessia alex alexander alexandra alexandre alexis alfredo ali alice alicia alina amanda amelie amina
    amir amy ana anais anas andre andrea andreas andres andrew angela angelo anita anja ann anna anne annette annika
    anthony antoine antonia antonio arnaud arthur arturo astrid aurelie axel barbara beatrice beatriz ben benedikt
    benjamin bernard bernd bernardo bettina bianca birgit bjorn bob brian bruno camila camille carl carla carlo carlos
    carmen carol carolin carolina caroline caterina catherine cecile cecilia charles charlotte chiara chloe chris
    christian christina christine christoph christophe christopher claire clara claude claudia claudio clement
    cristiano cristina cynthia dan daniel daniela daniele danielle dario david davide debora deborah denis dennis diana
    diego dieter dimitri dirk dominik dominique donald edoardo eduardo eleonora elena elisa elisabeth elise elizabeth
    ella emanuele emily emilia emilie emilio emily emma emmanuel enrico enrique enzo eric erica erik erika ernesto
    esteban esther eugenio eva evelyn fabian fabien fabio fabrice fatima federica federico felipe felix fernanda
    fernando filipe filippo florence florian frances francesca francesco francisco francois francoise frank franz
    frederic friedrich gabriel gabriela gabriele gabriella gary george georges gerard gerhard giacomo gianluca gianni
    giorgia giorgio giovanna giovanni giulia giulio giuseppe gonzalo grace greg guilherme guillaume guillermo gunter
    gustavo hanna hannah hans harald harry hassan heike heinz helen helena helene helga henri henrik henrique henry
    hugo ian ibrahim ignacio ines ingrid irene isabel isabella isabelle ivan jack jacob jacques jaime jake james jan
    jana jane janet jasmin jason javier jean jeanne jeff jennifer jens jessica jesus jill jim joana joao joaquin joe
    joel johan johann johanna johannes john jonas jonathan jordan jordi jorg jorge jose josef joseph joshua juan juana
    judith jules julia julian juliana julie julien juliette julio jurgen justine kai karen karim karin karl karla
    kate katharina katherine kathrin katja katrin kelly ken kevin kim klaus konstantin kurt lara lars laura laure
    laurent lea lena leo leon leonardo leticia lewis liam lidia linda lisa livia lorena lorenzo louis louise luc luca
    lucas lucia luciana luciano lucie ludovic luigi luis luisa luiz lukas lydia magali maite manon manuel manuela marc
    marcel marcela marcelo marco marcos marcus margaret margarita margot maria mariana marianne marie marina mario
    marion mark markus marta martha martin martina martine mary massimo mathieu mathilde matilde matteo matthew
    matthias matthieu maurice mauricio mauro max maxime melanie mercedes mia michael michaela michel michela michele
    michelle miguel mike mikel mohamed mohammed monica monika monique mustafa nadia nadine nancy natalia nathalie
    nathan neil nicola nicolas nicole niklas nils nina noah noel noelia nora norbert nuno oliver olivia olivier omar
    oscar otto pablo paola paolo pascal patricia patrice patrick patrizia paul paula paulo pedro peter petra philip
    philipp philippe pierre pietro pilar priya rachel rafael rafaela raffaele rainer ralf ramon raquel raul rebecca
    regina remi rene renata renate ricardo riccardo richard rita rob robert roberta roberto rodrigo roger roland
    romain ronald rosa rosario ruben rui ruth ryan sabine sabrina sally salvatore sam samantha samir samuel samuele
    sandra sandro sandrine sara sarah scott sean sebastian sebastiao sebastien serena serge sergio sharon silvia
    simon simona simone sofia sofie sonia sophia sophie stefan stefania stefanie stefano stephan stephane stephanie
    stephen steve steven sue susan susana susanne sven sylvie tania tanja teresa thiago theo theresa therese thierry
    thomas tiago tim tobias tom tomas tommaso tony torsten uli ulrich ulrike ursula uta ute uwe valentin valentina
    valeria valerie vanessa vera veronica veronique vicente victor victoria vincent vincenzo viola virginie vittoria
    vitoria viviana walter werner wilhelm william wolfgang xavier yann yannick yasmin yolanda youssef yusuf yves yvonne
    zoe will bill grant rose joy hope heather ray gareth owen rhys sean liam nigel trevor gavin graham keith derek dave mick
    nick vicky becky katie lucy molly poppy amber ruby freya isla ava mia lily sophia megan holly zara imran kavita anil raj
    sanjay deepak sunita ravi arjun yuki kenji wei mei chen li";

/// Surnames that usually follow "de", "da", "di" or "von".
pub(super) const AFTER_PARTICLES: &str = "
    silva souza sousa costa cruz luz rocha cunha rosa fonseca oliveira almeida lima moura melo mello freitas torre torres
    fuente fuentes vega leon castro haro luca stefano marco angelis santis rossi vito pietro maggio gaulle villiers
    santos jesus nascimento conceicao graca paz rio rios mata motta mota paula barros araujo carvalho azevedo miranda
    andrade campos matos pinho brito franca beauvoir balzac la las los berg humboldt goethe bulow berlichingen gennaro
    martino giorgio giovanni benedetto simone carlo natale domenico battista filippo francesco";

/// Well-known cities, regions and countries.
pub(super) const PLACES: &str = "
    amsterdam antwerp argentina athens austin australia austria autriche barcelona basel basilea bavaria bayern belem
    belgica belgien belgio belgique belgium bergamo berlin berlino berlim bern berna berne bilbao birmingham bogota bologna
    bonn bordeaux boston brasil brasilia brasile brazil bremen bresil bristol brussels brussel bruselas bruxelas bruxelles
    bruxelles buenos burgos cali california canada caracas cardiff catania chicago chile china colombia cologne colonia
    copenhagen cordoba curitiba dallas denmark denver deutschland dortmund dresden dublin dublino duisburg dusseldorf
    edinburgh england espana espanha espagne europa europe europa ecuador florence florencia florenz firenze florida
    fortaleza france francia franca frankfurt frankreich freiburg galicia geneva geneve genf genoa genova germany germania
    alemania alemanha allemagne glasgow granada graz grenoble hamburg hamburgo hannover heidelberg houston india inglaterra
    innsbruck ireland irlanda italia italie italien italy japan japon karlsruhe koln lausanne leeds leipzig liege lille lima
    linz lione lisboa lisbon lisbonne lissabon liverpool london londra londres lugano luxembourg luzern lyon madrid mailand
    mainz malaga manchester mannheim marseille marsella medellin melbourne mexico mexique messico miami milan milano milao
    montpellier montreal moscow munchen munich murcia nantes naples napoli netherlands holanda holland niza nice norway
    nuremberg nurnberg osterreich ottawa padova palermo palma paris parigi parma peru poland polonia porto portugal
    portogallo prague quebec recife rio guadalajara monterrey cdmx manaus goiania natal coimbra braga faro aveiro lausanne orleans perth brisbane leicester sheffield newcastle nottingham oxford cambridge bath rennes roma rome rotterdam salamanca salvador salzburg santiago scotland schweiz seattle
    sevilla seville spagna spain spanien stockholm strasbourg stuttgart suisse suiza suica svizzera sweden switzerland sydney
    tokyo torino toronto toulouse trieste trento turin turkey uk usa uruguay valencia valladolid vancouver venecia venezia
    venezuela venice verona vienna viena vienne vigo wales washington wien zaragoza zurich zurigo zurique york";
