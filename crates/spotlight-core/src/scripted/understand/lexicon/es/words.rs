//! Spanish: numbers, and words that are never names.

pub(super) const NUMBERS: &[(&str, u64)] = &[
    ("cero", 0),
    ("un", 1),
    ("uno", 1),
    ("una", 1),
    ("dos", 2),
    ("tres", 3),
    ("cuatro", 4),
    ("cinco", 5),
    ("seis", 6),
    ("siete", 7),
    ("ocho", 8),
    ("nueve", 9),
    ("diez", 10),
    ("once", 11),
    ("doce", 12),
    ("trece", 13),
    ("catorce", 14),
    ("quince", 15),
    ("dieciseis", 16),
    ("diecisiete", 17),
    ("dieciocho", 18),
    ("diecinueve", 19),
    ("veinte", 20),
    ("veintiun", 21),
    ("veintiuno", 21),
    ("veintiuna", 21),
    ("veintidos", 22),
    ("veintitres", 23),
    ("veinticuatro", 24),
    ("veinticinco", 25),
    ("veintiseis", 26),
    ("veintisiete", 27),
    ("veintiocho", 28),
    ("veintinueve", 29),
    ("treinta", 30),
    ("cuarenta", 40),
    ("cincuenta", 50),
    ("sesenta", 60),
    ("setenta", 70),
    ("ochenta", 80),
    ("noventa", 90),
    ("cien", 100),
    ("ciento", 100),
    ("doscientos", 200),
    ("doscientas", 200),
    ("trescientos", 300),
    ("trescientas", 300),
    ("cuatrocientos", 400),
    ("cuatrocientas", 400),
    ("quinientos", 500),
    ("quinientas", 500),
    ("seiscientos", 600),
    ("seiscientas", 600),
    ("setecientos", 700),
    ("setecientas", 700),
    ("ochocientos", 800),
    ("ochocientas", 800),
    ("novecientos", 900),
    ("novecientas", 900),
    ("mil", 1_000),
    ("miles", 1_000),
    ("millon", 1_000_000),
    ("millones", 1_000_000),
];

pub(super) const NEVER_NAMES: &str = "
    casa banco hospital colegio universidad gobierno tienda restaurante fabrica hotel construccion hosteleria sanidad educacion
    el la los las lo un una unos unas este esta estos estas ese esa eso esto aquel aquella mi mis tu tus su sus nuestro
    nuestra nuestros nuestras y e o u pero sino si no ni que quien cual cuando cuanto cuantos donde como por para con sin
    en a al desde hasta sobre entre hacia tras yo el ella usted ustedes nosotros vosotros ellos ellas me te se nos os le les
    soy es eres somos son fui era estoy esta estas estamos estan estaba tengo tiene tienes tenemos hay he ha han hemos
    quiero quisiera quiere queremos necesito puedo puede podemos podria debo voy va vamos llamo llamas llama trabajo trabajamos
    trabaja gracias hola buenas buenos dias tardes noches adios claro vale bueno bien mal muy mucho mucha muchos poco algo nada
    nadie alguien todo todos todas siempre nunca ya aun todavia ahora hoy manana ayer luego despues antes tambien tampoco solo
    solamente quizas talvez igual mejor peor mas menos tan tanto interesado interesada interesados nuevo nueva cliente clienta
    particular autonomo autonoma freelance independiente estudiante medico medica abogado abogada ingeniero ingeniera
    profesor profesora arquitecto arquitecta dentista enfermera enfermero gerente director directora jefe jefa dueno duena
    propietario propietaria responsable encargado encargada fundador fundadora ceo socio socia administrador comercial
    vendedor vendedora comprador empresario empresaria emprendedor emprendedora consultor consultora disenador desarrollador
    programador contable secretaria asistente representante agente persona humano humana hombre mujer chico chica robot bot
    espanol espanola mexicano mexicana argentino argentina colombiano colombiana chileno chilena peruano peruana frances
    francesa ingles inglesa aleman alemana italiano italiana portugues portuguesa americano americana precio precios demo
    presupuesto correo email mail telefono numero empresa compania negocio firma agencia cita reunion llamada hora dia fecha
    semana mes ano lunes martes miercoles jueves viernes sabado domingo enero febrero marzo abril mayo junio julio agosto
    septiembre octubre noviembre diciembre pregunta duda respuesta problema ayuda informacion info producto servicio web
    libre ocupado ocupada disponible seguro segura listo lista contento contenta feliz cansado enfermo caro cara barato
    barata grande pequeno pequena joven viejo alto bajo perdon disculpa disculpe siento lamento perfecto correcto exacto
    verdad mentira idiota tonto estupido inutil mio mia suyo nombre nombres apellido completo aqui alla alli ahi acerca
    prefiero decir dar doy decirlo darlo importa privado anonimo secreto siguiente otra otro otros otras misma mismo mayor
    menor del de pues oye oiga mire mira digame dime espera espere favor porque aunque mientras primero primera segundo
    segunda tercera ultimo ultima uno dos tres parte llamarme habla hablo hablar saber ver hacer tener ser estar ir venir
    vivo vengo gustaria encantado encantada gusto interesa vegetariano vegetariana futuro posible chiste tiempo clima receta
    eh ah oh um mmm pues entonces ademas alergico madre padre padres hijo hija esposa marido mujer vecino vecina amigo amiga
    cuyo muchas sr sra don dona";
