#include "data/generators/phrasebook.h"

namespace fovea {
namespace {

Phrasebook english() {
  return {"en",
          {{"wonderful", "brilliant", "excellent", "superb", "delightful", "charming", "splendid",
            "marvellous", "fantastic", "outstanding", "lovely", "magnificent", "enjoyable", "impressive"},
           {"terrible", "awful", "dreadful", "boring", "dull", "horrible", "tedious", "disappointing",
            "miserable", "annoying", "poor", "lousy", "dismal", "pathetic"},
           {"ordinary", "average", "typical", "standard", "normal", "usual", "common", "regular",
            "conventional", "moderate", "plain", "acceptable", "familiar", "unremarkable"}},
          {"", "Honestly, ", "After the break, ", "As my {person} said, ", "In {place}, ",
           "Between you and me, ", "For the record, ", "To my {person}, "},
          {"the {thing} was {degree} *", "my {person} found the {thing} {degree} *",
           "the {thing} in {place} seemed *", "how * the {thing} felt to my {person}",
           "so * was the {thing} that my {person} wrote a letter", "everyone called this {thing} * {time}",
           "{degree} * is what they called the {thing}"},
          {"", ", said my {person}", " when we went there {time}", " and we talked about it {time}",
           ", or so I wrote {time}", " to all of us", ", and my {person} was there too"},
          {".", ".", "!"},
          {{"thing",
            {"film", "book", "concert", "hotel", "restaurant", "lesson", "game", "meal", "play", "museum",
             "album", "lecture"}},
           {"person",
            {"sister", "brother", "neighbour", "teacher", "colleague", "cousin", "uncle", "aunt", "friend",
             "boss", "daughter", "son"}},
           {"place",
            {"London", "Paris", "Berlin", "Madrid", "Vienna", "Rome", "Lisbon", "Prague", "Oslo", "Dublin"}},
           {"time",
            {"yesterday", "last week", "on Monday", "this morning", "in spring", "at noon", "last year",
             "on Friday"}},
           {"degree", {"really", "simply", "truly", "quite", "rather", "altogether"}}}};
}

Phrasebook german() {
  return {"de",
          {{"wunderbar", "großartig", "ausgezeichnet", "herrlich", "hervorragend", "fantastisch",
            "bezaubernd", "prächtig", "toll", "erstklassig", "brillant", "genial", "reizend", "begeisternd"},
           {"schrecklich", "furchtbar", "langweilig", "miserabel", "enttäuschend", "grauenhaft", "öde",
            "mies", "scheußlich", "lausig", "jämmerlich", "nervig", "katastrophal", "trostlos"},
           {"gewöhnlich", "durchschnittlich", "normal", "üblich", "typisch", "alltäglich", "unauffällig",
            "herkömmlich", "gängig", "schlicht", "akzeptabel", "vertraut", "neutral", "regulär"}},
          {"", "Ehrlich gesagt, ", "Mein {person} sagte: ", "Wir waren in {place}, und ",
           "Kurz gesagt: ", "Noch etwas: ", "Aus {place} schrieb mein {person}: "},
          {"der {thing} war {degree} *", "mein {person} fand den {thing} {degree} *",
           "der {thing} in {place} wirkte *", "so * war der {thing}, dass mein {person} einen Brief schrieb",
           "alle nannten diesen {thing} {time} *", "{degree} * war dieser {thing} für meinen {person}"},
          {"", ", sagte mein {person}", ", und wir sprachen {time} darüber", ", so schrieb ich {time}",
           ", als wir {time} dort waren", ", und mein {person} war auch da"},
          {".", ".", "!"},
          {{"thing",
            {"Film", "Roman", "Abend", "Kurs", "Vortrag", "Ausflug", "Markt", "Garten", "Salat", "Wein",
             "Tanz", "Besuch"}},
           {"person",
            {"Bruder", "Lehrer", "Onkel", "Freund", "Chef", "Sohn", "Vater", "Cousin", "Arzt", "Trainer"}},
           {"place",
            {"London", "Paris", "Berlin", "Madrid", "Wien", "Rom", "Lissabon", "Prag", "Oslo", "Dublin"}},
           {"time",
            {"gestern", "heute", "am Montag", "am Freitag", "letzte Woche", "im Frühling", "am Mittag",
             "letztes Jahr"}},
           {"degree", {"wirklich", "einfach", "ganz", "recht", "durchaus", "insgesamt"}}}};
}

Phrasebook french() {
  return {
      "fr",
      {{"merveilleux", "excellent", "superbe", "magnifique", "splendide", "charmant", "génial", "fantastique",
        "formidable", "délicieux", "ravissant", "brillant", "remarquable", "exquis"},
       {"affreux", "horrible", "ennuyeux", "lamentable", "décevant", "pénible", "nul", "atroce", "pitoyable",
        "exécrable", "mauvais", "minable", "désastreux", "fade"},
       {"ordinaire", "moyen", "normal", "habituel", "typique", "banal", "courant", "classique", "correct",
        "standard", "commun", "quelconque", "passable", "convenable"}},
      {"", "Franchement, ", "En bref, ", "Comme disait mon {person}, ", "À {place}, ", "Entre nous, ",
       "Après la pause, ", "Pour mémoire, "},
      {"le {thing} était {degree} *", "mon {person} a trouvé le {thing} {degree} *",
       "le {thing} de {place} semblait *", "si * était le {thing} que mon {person} a écrit une lettre",
       "tout le monde a trouvé ce {thing} * {time}", "{degree} *, ce {thing} de mon {person}"},
      {"", ", a dit mon {person}", ", et nous en avons parlé {time}", ", ai-je écrit {time}",
       " quand nous y sommes allés {time}", " pour nous tous"},
      {".", ".", "!"},
      {{"thing",
        {"film", "roman", "concert", "repas", "spectacle", "cours", "voyage", "musée", "jardin", "marché",
         "discours", "vin"}},
       {"person",
        {"frère", "voisin", "professeur", "collègue", "cousin", "oncle", "ami", "fils", "père", "médecin"}},
       {"place",
        {"Londres", "Paris", "Berlin", "Madrid", "Vienne", "Rome", "Lisbonne", "Prague", "Dublin", "Nantes"}},
       {"time",
        {"hier", "lundi", "vendredi", "ce matin", "à midi", "au printemps", "la semaine dernière",
         "hier soir"}},
       {"degree", {"vraiment", "simplement", "assez", "plutôt", "tout à fait"}}}};
}

Phrasebook spanish() {
  return {"es",
          {{"maravilloso", "excelente", "magnífico", "estupendo", "fantástico", "precioso", "brillante",
            "espléndido", "genial", "encantador", "fabuloso", "exquisito", "extraordinario", "delicioso"},
           {"horrible", "terrible", "aburrido", "pésimo", "espantoso", "malo", "lamentable", "decepcionante",
            "tedioso", "desastroso", "penoso", "fatal", "insoportable", "mediocre"},
           {"normal", "corriente", "común", "típico", "habitual", "ordinario", "regular", "estándar",
            "clásico", "sencillo", "convencional", "pasable", "aceptable", "conocido"}},
          {"", "Sinceramente, ", "En resumen, ", "Como dijo mi {person}, ", "En {place}, ",
           "Entre nosotros, ", "Después de la pausa, "},
          {"el {thing} fue {degree} *", "mi {person} encontró el {thing} {degree} *",
           "el {thing} de {place} parecía *", "tan * fue el {thing} que mi {person} escribió una carta",
           "todos llamaron * a este {thing} {time}", "{degree} *, este {thing} de mi {person}"},
          {"", ", dijo mi {person}", ", y hablamos de ello {time}", ", según escribí {time}",
           " cuando fuimos allí {time}", " para todos nosotros"},
          {".", ".", "."},
          {{"thing",
            {"libro", "concierto", "hotel", "restaurante", "curso", "viaje", "museo", "jardín", "mercado",
             "discurso", "vino", "partido"}},
           {"person",
            {"hermano", "vecino", "profesor", "colega", "primo", "tío", "amigo", "hijo", "padre", "médico"}},
           {"place",
            {"Londres", "París", "Berlín", "Madrid", "Viena", "Roma", "Lisboa", "Praga", "Oslo", "Lima"}},
           {"time",
            {"ayer", "el lunes", "el viernes", "esta mañana", "en primavera", "la semana pasada", "anoche",
             "el domingo"}},
           {"degree", {"realmente", "simplemente", "bastante", "verdaderamente", "más bien"}}}};
}

Phrasebook chinese() {
  return {"zh",
          {{"精彩", "优秀", "完美", "美妙", "绝佳", "迷人", "卓越", "精致", "出众", "愉快", "杰出", "动人"},
           {"糟糕", "无聊", "乏味", "差劲", "恶劣", "拙劣", "沉闷", "讨厌", "荒唐", "失败", "可怕", "枯燥"},
           {"普通", "一般", "平常", "寻常", "常见", "中等", "平凡", "正常", "标准", "传统", "典型", "朴素"}},
          {"", "说实话，", "{time}，", "{person}说，", "总的来说，", "我们谈过，", "简单地说，"},
          {"{thing}{degree}*", "我的{person}觉得{thing}{degree}*", "在{place}，{thing}显得*",
           "多么*，{thing}", "大家都说{thing}*", "*，这是{person}对{thing}的评价"},
          {"", "，{person}这么说", "，{time}我们谈到了它", "，我{time}写道", "，大家也都去了"},
          {"。", "。", "！"},
          {{"thing",
            {"这部电影", "这本小说", "这家酒店", "这场音乐会", "这道菜", "这堂课", "这次旅行", "这个花园",
             "这次演讲", "这场比赛"}},
           {"person", {"姐姐", "弟弟", "邻居", "老师", "同事", "表哥", "叔叔", "阿姨", "朋友", "老板"}},
           {"place", {"北京", "上海", "广州", "成都", "西安", "武汉", "南京", "杭州"}},
           {"time", {"昨天", "上周", "周二", "今早", "春天", "傍晚", "去年", "周五"}},
           {"degree", {"真的", "的确", "确实", "实在", "相当", "比较"}}}};
}

}  // namespace

const std::vector<Phrasebook>& phrasebooks() {
  static const std::vector<Phrasebook> books = {english(), german(), french(), spanish(), chinese()};
  return books;
}

}  // namespace fovea
