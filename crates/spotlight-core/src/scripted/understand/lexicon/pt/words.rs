//! Portuguese: numbers, and words that are never names.

pub(super) const NUMBERS: &[(&str, u64)] = &[
    ("zero", 0),
    ("um", 1),
    ("uma", 1),
    ("dois", 2),
    ("duas", 2),
    ("tres", 3),
    ("quatro", 4),
    ("cinco", 5),
    ("seis", 6),
    ("sete", 7),
    ("oito", 8),
    ("nove", 9),
    ("dez", 10),
    ("onze", 11),
    ("doze", 12),
    ("treze", 13),
    ("catorze", 14),
    ("quatorze", 14),
    ("quinze", 15),
    ("dezesseis", 16),
    ("dezasseis", 16),
    ("dezessete", 17),
    ("dezassete", 17),
    ("dezoito", 18),
    ("dezenove", 19),
    ("dezanove", 19),
    ("vinte", 20),
    ("trinta", 30),
    ("quarenta", 40),
    ("cinquenta", 50),
    ("sessenta", 60),
    ("setenta", 70),
    ("oitenta", 80),
    ("noventa", 90),
    ("cem", 100),
    ("cento", 100),
    ("duzentos", 200),
    ("duzentas", 200),
    ("trezentos", 300),
    ("trezentas", 300),
    ("quatrocentos", 400),
    ("quatrocentas", 400),
    ("quinhentos", 500),
    ("quinhentas", 500),
    ("seiscentos", 600),
    ("seiscentas", 600),
    ("setecentos", 700),
    ("setecentas", 700),
    ("oitocentos", 800),
    ("oitocentas", 800),
    ("novecentos", 900),
    ("novecentas", 900),
    ("mil", 1_000),
    ("milhar", 1_000),
    ("milhares", 1_000),
    ("milhao", 1_000_000),
    ("milhoes", 1_000_000),
    ("bilhao", 1_000_000_000),
    ("bilhoes", 1_000_000_000),
    ("bi", 1_000_000_000),
    ("mi", 1_000_000),
];

pub(super) const NEVER_NAMES: &str = "
    casa banco hospital escola universidade loja restaurante fabrica hotel construcao escritorio saude educacao
    o a os as um uma uns umas de do da dos das em no na nos nas ao aos pelo pela por para pra com sem sob sobre ate desde
    entre e ou mas se que quem qual quais quando quanto quantos quantas onde como porque pois este esta estes estas esse essa
    isso isto aquele aquela aquilo eu tu voce vc ele ela nos vos voces eles elas me te lhe lhes meu minha meus minhas teu tua
    seu sua seus suas nosso nossa sou es somos sao era fui estou esta estamos estao ta to tenho tem temos ha havia quero
    queria quer queremos preciso posso pode podemos poderia devo vou vai vamos chamo chama trabalho trabalha nao sim claro
    certo ok ola oi bom boa dia tarde noite obrigado obrigada favor desculpa desculpe tchau adeus muito muita pouco mais menos
    bem mal melhor pior nada ninguem alguem tudo todos todas algum alguma nenhum nenhuma sempre nunca ja ainda agora hoje
    amanha ontem depois antes logo tambem so apenas talvez aqui ali la ca interessado interessada interessados novo nova
    velho velha jovem grande pequeno pequena feliz triste contente cansado cansada doente ocupado ocupada livre disponivel
    pronto pronta seguro segura certeza cliente particular autonomo autonoma freelancer estudante medico medica advogado
    advogada engenheiro engenheira professor professora arquiteto arquiteta dentista enfermeiro enfermeira gerente diretor
    diretora chefe dono dona proprietario proprietaria responsavel fundador fundadora ceo socio socia administrador
    vendedor vendedora comprador empresario empresaria empreendedor consultor consultora desenvolvedor programador contador
    secretaria assistente representante agente pessoa humano humana homem mulher rapaz robo bot maquina brasileiro
    brasileira portugues portuguesa ingles inglesa frances francesa alemao alema espanhol espanhola italiano italiana
    americano americana preco precos valor custo demo orcamento email mail e-mail telefone celular telemovel numero empresa
    companhia firma agencia negocio reuniao chamada consulta horario hora data semana mes ano segunda terca quarta quinta
    sexta sabado domingo janeiro fevereiro marco abril maio junho julho agosto setembro outubro novembro dezembro pergunta
    duvida resposta problema ajuda informacao informacoes info produto servico site web caro cara barato barata idiota burro
    estupido inutil nome sobrenome apelido completo prefiro dizer dar falar saber ver fazer ter ser estar ir vir proximo
    proxima outro outra outros outras mesmo mesma privado anonimo segredo vegetariano vegetariana possivel impossivel
    perfeito otimo exato correto errado errada verdade mentira prazer gostaria gosto moro venho falo ligo escrevo aposentado
    aposentada casado casada solteiro pai mae filho filha marido esposa piada tempo receita ah oh eh hum entao alem assim
    primeiro primeira segundo terceiro ultimo ultima dois tres espera espere beleza legal parte contra favoravel novato
    indeciso indecisa curioso curiosa senhor senhora sr sra pode ser eis muitas";
