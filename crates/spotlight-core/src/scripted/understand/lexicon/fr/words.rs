//! French: numbers, and words that are never names.

pub(super) const NUMBERS: &[(&str, u64)] = &[
    ("zero", 0),
    ("un", 1),
    ("une", 1),
    ("deux", 2),
    ("trois", 3),
    ("quatre", 4),
    ("cinq", 5),
    ("six", 6),
    ("sept", 7),
    ("huit", 8),
    ("neuf", 9),
    ("dix", 10),
    ("onze", 11),
    ("douze", 12),
    ("treize", 13),
    ("quatorze", 14),
    ("quinze", 15),
    ("seize", 16),
    ("vingt", 20),
    ("vingts", 20),
    ("trente", 30),
    ("quarante", 40),
    ("cinquante", 50),
    ("soixante", 60),
    ("septante", 70),
    ("huitante", 80),
    ("octante", 80),
    ("nonante", 90),
    ("cent", 100),
    ("cents", 100),
    ("mille", 1_000),
    ("milles", 1_000),
    ("millier", 1_000),
    ("milliers", 1_000),
    ("million", 1_000_000),
    ("millions", 1_000_000),
    ("milliard", 1_000_000_000),
    ("milliards", 1_000_000_000),
];

pub(super) const NEVER_NAMES: &str = "
    maison domicile banque hopital ecole universite restaurant usine hotel batiment restauration finance sante
    le la les l un une des du de d au aux ce cet cette ces ca cela ceci mon ma mes ton ta tes son sa ses notre nos votre vos
    leur leurs et ou mais donc or ni car si que qu qui quoi dont quel quelle quels quelles quand comment combien pourquoi
    parce puisque comme je j tu il elle on nous vous ils elles me m te t se s lui y en moi toi eux ne n pas plus jamais rien
    personne aucun aucune non oui ouais bonjour bonsoir salut merci svp plait pardon desole desolee excusez suis es est
    sommes etes sont etais serai serait ai as a avons avez ont avais aura veux veut voudrais voulons peux peut pouvons pouvez
    dois doit vais va allons allez appelle appeler nom prenom ici voila voici la-bas dans sur sous avec sans pour par chez
    vers entre depuis avant apres pendant contre selon bien mal tres trop peu beaucoup assez aussi encore deja toujours
    souvent parfois maintenant aujourd hui demain hier bientot tard tot ensuite puis alors enfin peut etre interesse
    interessee interesses content contente ravi ravie occupe occupee disponible libre pret prete sur sure certain certaine
    d'accord accord malade fatigue fatiguee perdu perdue nouveau nouvelle petit petite grand grande jeune vieux vieille
    client cliente particulier etudiant etudiante retraite retraitee medecin avocat avocate ingenieur professeur
    architecte dentiste infirmier infirmiere gerant gerante directeur directrice patron patronne chef cheffe responsable
    proprietaire dirigeant dirigeante fondateur fondatrice pdg ceo associe associee commercial commerciale vendeur vendeuse
    acheteur entrepreneur entrepreneuse consultant consultante developpeur developpeuse graphiste comptable secretaire
    assistant assistante agent conseiller humain humaine homme femme fille garcon robot bot machine francais francaise
    belge suisse canadien canadienne anglais anglaise allemand allemande espagnol espagnole italien italienne americain
    prix tarif demo budget mail email e courriel telephone numero entreprise societe boite agence rendez rdv appel reunion
    heure jour date semaine mois annee lundi mardi mercredi jeudi vendredi samedi dimanche janvier fevrier mars avril mai
    juin juillet aout septembre octobre novembre decembre question reponse probleme aide information informations info
    produit service site web bon bonne meilleur mieux pire cher chere gratuit gratuite possible impossible vrai faux parfait
    parfaite exact exacte tout toute tous toutes chaque autre autres meme quelqu quelque quelques chose nul nulle idiot idiote
    con stupide inutile prefere dire donner laisser savoir voir faire avoir parler suivant suivante prive anonyme secret
    vegetarien vegetarienne contre convaincu convaincue decu decue surpris surprise premier premiere deuxieme dernier
    derniere un deux trois part train cours plutot vraiment completement tellement souhaite aimerais cherche travaille
    blague meteo recette ah oh eh euh hum ben bah hein super genial cool nickel top moins quelle veuillez monsieur madame
    enchante enchantee sinon seulement simplement juste avis celibataire marie mariee pere mere";
