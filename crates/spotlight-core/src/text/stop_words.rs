//! Words that say nothing about what a question is about, folded.

use crate::domain::assistant::Language;

const EN: &str = "a about all also am an and any are as at be because been but by can could did do does doing don for from \
    get give go got had has have he her here hi hello his how i if in into is it its just know let like ll m me mine more \
    much my need no not of oh ok okay on one or our out please re s say she should so some tell than thank thanks that the \
    their them then there these they thing things this those to too up us ve very want was we well were what when where \
    which who why will with would yes yet you your d t";

const ES: &str = "a al algo ante buenos buenas como con cual cuales cuando cuanto cuanta cuantos de del desde dia dias \
    donde dos el ella ellos en entre era es esa ese eso esta este esto estoy favor fue gracias ha hacer han hasta hay he \
    hola la las le les lo los mas me mi mis muy nada necesito ni no nos nosotros o os otro para pero por porque puede \
    puedo pueden que quien quiero quisiera se sea ser si sin sobre son soy su sus tal tambien te tengo ti tiene tienen \
    tienes todo tu tus un una unas uno unos usted ustedes va y ya yo";

const FR: &str = "a ai alors au aux avec avez avoir avons bien bonjour c ca ce cela ces cet cette chez comme comment d dans \
    de des dire donc du elle elles en entre es est et ete etes etre eu fait faire faut ici il ils j je l la le les leur \
    leurs lui m ma mais me merci mes moi mon n ne nos notre nous on ont ou oui par pas peut peux plus pour pouvez quand \
    que quel quelle quelles quels qu qui quoi s sa sans se ses si son sont suis sur svp t ta te tes toi ton tout tous tres \
    tu un une va vers voici voila vos votre voudrais vous y";

const DE: &str = "ab aber alle alles als also am an auch auf aus bei bin bis bist bitte da danke dann das dass dein deine \
    dem den denn der des dich die dies diese dieser dir doch du ein eine einem einen einer eines er es etwas euch euer \
    fur fuer gibt guten habe haben hallo hat hatte hier ich ihm ihn ihnen ihr ihre im in ins ist ja jede kann kannst kein \
    keine konnen koennen konnte mal man mein meine mich mir mit mochte moechte muss nach nein nicht noch nun nur ob oder \
    ohne sehr sein seine sich sie sind so tag uber ueber um und uns unser unsere viel vom von vor wann war warum was \
    welche welcher welches wenn wer werden wie wieviel will wir wird wo wurde zu zum zur";

const IT: &str = "a ad agli ai al alla alle allo anche avete avere buongiorno c che chi ci ciao come con cosa cui d da dai \
    dal dalla dalle de degli dei del dell della delle dello di dove e ed essere fa fare favore fra gli grazie ha hai hanno \
    ho i il in io l la le lei li lo loro lui ma mi mia mie miei mio molto ne nei nel nella no noi non nostro o per perche \
    piu possiamo posso potete prego puo qual quale quali quando quanta quante quanti quanto quella quello questa queste \
    questi questo qui se sei si siamo siete solo sono su sua sue sul sulla suo te ti tra tu tua tuo tutto un una uno va \
    vi voglio voi vorrei vostra vostro";

const PT: &str = "a ao aos aquela aquele as ate bom boa com como da dar das de dela dele depois do dos e ela elas ele eles \
    em entre era essa esse esta estamos estao estar este estou eu faz fazer favor foi ha ir isso isto ja la lhe mais mas \
    me mesmo meu meus minha muito muita na nao nas nem no nos nossa nosso num numa o obrigada obrigado oi ola onde os ou \
    para pela pelo pode podem posso por porque pra preciso qual quais quando quanta quanto quantos que quem quer quero \
    queria sao se sem ser seu seus sim so sobre sou sua suas tal tambem te tem temos tenho ter teu ti tu tua tudo um uma \
    umas uns vai vamos voce voces";

/// True when a folded token is a stop word of the language.
pub(super) fn is_stop_word(token: &str, language: Language) -> bool {
    let list = match language {
        Language::En => EN,
        Language::Es => ES,
        Language::Fr => FR,
        Language::De => DE,
        Language::It => IT,
        Language::Pt => PT,
    };
    // No stop word is longer, and most words that matter are: this saves the walk over the list.
    token.len() <= 10 && list.split_ascii_whitespace().any(|word| word == token)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_are_folded_and_within_the_shortcut() {
        for list in [EN, ES, FR, DE, IT, PT] {
            for word in list.split_ascii_whitespace() {
                assert_eq!(super::super::fold(word), word);
                assert!(word.len() <= 10, "{word}");
            }
        }
    }

    #[test]
    fn question_words_are_not_telling() {
        assert!(is_stop_word("what", Language::En));
        assert!(is_stop_word("cuanto", Language::Es));
        assert!(!is_stop_word("price", Language::En));
        assert!(!is_stop_word("yesterday", Language::En));
    }
}
