#include "weir/media/documents/parse/abbreviations.hpp"

#include <algorithm>
#include <array>

#include "weir/media/documents/parse/language.hpp"

namespace weir::documents {
namespace {

constexpr std::array<Abbreviations, 22> table{{
    {"en",
     "mr mrs ms messrs mme mlle dr prof rev hon gen col maj capt cmdr lt sgt cpl sen rep gov pres supt e.g i.e cf "
     "viz vs ph.d m.d b.a m.a d.d esq mt ft st",
     "no nos vol vols fig figs p pp ch chap sec art eq nr approx ca c ed op jan feb mar apr jun jul aug sep sept oct "
     "nov "
     "dec",
     "inc co ltd corp jr sr bros dept univ ave blvd rd al",
     "the a an he she it they we you i this that these those there then when if in on at but and so as for what who "
     "how "
     "why where after before his her their my our no yes",
     false},
    {"de",
     "hr hrn fr frl dr prof dipl ing med phil jur rer nat hl st geb gest verh vgl bzw d.h z.b u.a i.d.r s.o s.u o.ä "
     "z.t u.u ggf evtl inkl exkl bspw sog allg ev kath gegr jh jhd mio mrd tel str bes insb",
     "nr abb bd kap abs art s ca seite tab ziff vers bl", "usw etc ff co ag",
     "der die das ein eine er sie es wir ihr ich man dann da und aber denn doch in im am an auf als wenn was wer wie "
     "wo "
     "warum nun so dies diese dieser dieses jetzt nach vor mit auch",
     true},
    {"fr", "m mm mme mmes mlle mlles mgr dr pr me st ste cf p.ex ex c.-à-d c.à.d av apr env boul bd éd",
     "n no vol p pp chap fig art t", "cie sté",
     "le la les un une il elle ils elles nous vous je on ce cela cette ces mais et or puis alors dans en à au aux "
     "quand si "
     "que qui l'on",
     false},
    {"es",
     "sr sra srta sres dr dra d dña prof lic ing gral cap sto sta ud uds vd vds ej p.ej pág págs cf av avda aprox "
     "ee uu ee.uu",
     "no n núm vol art fig cap pág p", "cía",
     "el la los las un una él ella ellos yo nosotros pero y en de cuando si que no esto este esta ese a al", false},
    {"it",
     "sig sigg sig.ra sig.na dott dott.ssa prof prof.ssa ing avv arch on sen gen col cap es p.es cfr s ss fig "
     "pag pagg",
     "n nr vol art cap fig p pag", "spa srl",
     "il lo la i gli le un una egli ella lui lei essi noi io ma e in di quando se che non questo questa a al", false},
    {"pt", "sr sra srta dr dra prof profa eng exmo exma d v.ex.ª p.ex ex av cf pág", "n nº vol art fig cap p pág",
     "cia", "o a os as um uma ele ela eles nós eu mas e em de quando se que não isto este esta", false},
    {"nl", "dhr mevr mw dr drs prof ir ing mr st bijv d.w.z m.a.w o.a t.a.v i.p.v z.g.a.n ca jhr",
     "nr blz art fig hfst p", "", "de het een hij zij ze wij we ik jij dit dat deze die maar en in op toen als wat er",
     false},
    {"sv", "hr fr dr prof s:t t.ex bl.a d.v.s m.a.o s.k f.d t.o.m fr.o.m jfr ca", "nr s sid kap bd fig", "m.fl",
     "den det de en ett han hon vi jag ni men och i på när om detta denna", false},
    {"da", "hr fr dr prof f.eks bl.a d.v.s dvs jf ca cand mag", "nr s kap bd fig", "",
     "den det de en et han hun vi jeg men og i på da når om dette denne", true},
    {"nb", "hr fr dr prof f.eks bl.a dvs jf ca cand st", "nr s kap bd fig", "",
     "den det de en et han hun vi jeg men og i på da når om dette denne", true},
    {"fi", "hra rva nti tri prof esim mm ym ns ts vrt ks n", "nro s luku", "jne",
     "hän se he ne minä me tämä tuo ja mutta kun jos että", true},
    {"pl", "p pan dr prof inż mgr św ks np m.in tzn tj ok ul al gen im hab", "nr s str rozdz t ryc", "itd itp",
     "on ona ono oni one ja my to ten ta w na i ale gdy jeśli a", true},
    {"cs", "p pí dr prof ing mgr sv např tzv tj mj resp ul", "č str kap obr sv", "atd apod aj",
     "on ona ono oni já my to ten ta v na a ale když", true},
    {"hu", "dr id ifj özv prof pl ún stb szt kb vö", "sz o old fej", "stb", "a az ő ők én mi ez egy és de ha hogy mert",
     true},
    {"ro", "dl d-l dna d-na dr prof ing sf ex p.ex cca", "nr pag vol art cap", "etc",
     "el ea ei ele eu noi un o dar și în când", false},
    {"tr", "dr prof doç av sn bkz örn müh", "no s c", "vb vs", "o bu şu ben biz bir ve ama", true},
    {"ru", "г гг г-н г-жа гр проф акад им ул т.е т.к т.н т.п т.д напр тов св о-в д-р доц инж",
     "стр с гл рис табл т вып №", "др пр руб коп тыс млн млрд",
     "он она оно они мы вы я ты это этот эта эти в на и но а когда если что как тогда", false},
    {"uk", "п пан проф акад ім вул т.е т.зв напр св", "стр с рис табл т №", "ін грн тис млн",
     "він вона воно вони ми ви я це у в на і але", false},
    {"el", "κ κα κος δρ καθ αγ π.χ δηλ βλ κ.ά κ.λπ κ.λ.π π.χ", "αρ σελ κεφ τ", "κλπ",
     "ο η το οι τα αυτός αυτή αυτό και αλλά όταν αν", false},
    {"bg", "г г-н г-жа проф акад д-р ул т.е т.н напр св", "стр с гл т", "др", "той тя то те ние аз това в на и но",
     false},
    {"hr", "g gđa gđica dr prof ing sv npr tj tzv", "br str sl gl", "itd sl", "on ona ono oni ja mi to u na i ali kad",
     true},
    {"et", "hr pr dr prof nt st vt jne", "nr lk ptk", "jne jm", "ta nad ma me see ja aga kui", true},
}};

}  // namespace

const Abbreviations& abbreviations_of(std::string_view language) noexcept {
  const auto found = std::ranges::find(table, primary(language), &Abbreviations::language);
  if (found != table.end()) return *found;
  if (primary(language) == "no" || primary(language) == "nn") return abbreviations_of("nb");
  if (primary(language) == "sk") return abbreviations_of("cs");
  if (primary(language) == "sl" || primary(language) == "sr" || primary(language) == "bs")
    return abbreviations_of("hr");
  return table.front();
}

bool lists(std::string_view list, std::string_view word) noexcept {
  if (word.empty()) return false;
  for (std::size_t at = list.find(word); at != std::string_view::npos; at = list.find(word, at + 1)) {
    const std::size_t end = at + word.size();
    if ((at == 0 || list[at - 1] == ' ') && (end == list.size() || list[end] == ' ')) return true;
  }
  return false;
}

}  // namespace weir::documents
