// Real files: how the first sentences begin, as a reader sees them; written down after reading them once.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <iterator>

#include "tests/support/data.hpp"
#include "weir/media/documents/parse/test_books.hpp"

namespace weir::documents {
namespace {

struct Seen {
  const char* file;
  const char* language;                // of the first paragraph
  std::vector<std::string> sentences;  // their beginnings; with $, all of them
};

const std::vector<Seen>& seen() {
  static const std::vector<Seen> all{
      {"documents/txt/alice_11-0_utf8.txt",
       "",
       {"Project Gutenberg’s Alice’s Adventures in Wo",
        "This eBook is for the use of anyone anywhere",
        "You may copy it, give it away or re-use it u",
        "Title: Alice’s Adventures in Wonderland$",
        "Author: Lewis Carroll$",
        "Posting Date: June 25, 2008 [EBook #11] Rele",
        "Language: English$",
        "Character set encoding: UTF-8$",
        "*** START OF THIS PROJECT GUTENBERG EBOOK AL",
        "ALICE’S ADVENTURES IN WONDERLAND$",
        "Lewis Carroll$",
        "THE MILLENNIUM FULCRUM EDITION 3.0$",
        "CHAPTER I.$",
        "Down the Rabbit-Hole$",
        "Alice was beginning to get very tired of sit",
        "So she was considering in her own mind (as w",
        "There was nothing so VERY remarkable in that",
        "Oh dear!$",
        "I shall be late!’ (when she thought it over ",
        "In another moment down went Alice after it, "}},
      {"documents/txt/alice_11.txt",
       "",
       {"Project Gutenberg's Alice's Adventures in Wo",
        "This eBook is for the use of anyone anywhere",
        "You may copy it, give it away or re-use it u",
        "Title: Alice's Adventures in Wonderland$",
        "Author: Lewis Carroll$",
        "Posting Date: June 25, 2008 [EBook #11] Rele",
        "Language: English$",
        "Character set encoding: ASCII$",
        "*** START OF THIS PROJECT GUTENBERG EBOOK AL",
        "ALICE'S ADVENTURES IN WONDERLAND$",
        "Lewis Carroll$",
        "THE MILLENNIUM FULCRUM EDITION 3.0$",
        "CHAPTER I.$",
        "Down the Rabbit-Hole$",
        "Alice was beginning to get very tired of sit",
        "So she was considering in her own mind (as w",
        "There was nothing so VERY remarkable in that",
        "Oh dear!$",
        "I shall be late!' (when she thought it over ",
        "In another moment down went Alice after it, "}},
      {"documents/txt/piper_sentences_en.txt",
       "",
       {"A rainbow is a meteorological phenomenon tha", "It takes the form of a multi-colored circula",
        "Rainbows caused by sunlight always appear in", "With tenure, Suzie’d have all the more leisu",
        "Shaw, those twelve beige hooks are joined if", "Are those shy Eurasian footwear, cowboy chap",
        "The beige hue on the waters of the loch impr"}},
      {"documents/txt/piper_sentences_de.txt",
       "",
       {"Der Regenbogen ist ein atmosphärisch-optisch", "Sein radialer Farbverlauf ist das mehr oder ",
        "Das Sonnenlicht wird beim Ein- und beim Aust", "Dazwischen wird es an der Tropfenrückseite r",
        "Das jeden Tropfen verlassende Licht ist in f", "Der Beobachter hat die Regenwolke vor sich u",
        "Ihn erreicht Licht einer bestimmten Farbe au", "Der Winkel, unter dem der Regenbogen gesehen",
        "Victor jagt zwölf Boxkämpfer quer über den g", "Falsches Üben von Xylophonmusik quält jeden "}},
      {"documents/txt/piper_sentences_ru.txt",
       "ru",
       {"Радуга, атмосферное, оптическое и метеоролог", "Радуга выглядит как разноцветная дуга или ок",
        "Это те семь цветов, которые принято выделять", "Широкая электрификация южных губерний даст м",
        "Разъяренный чтец эгоистично бьёт пятью жердя", "В чащах юга жил бы цитрус?$", "Да, но фальшивый экземпляр!$"}},
      {"documents/txt/piper_sentences_el.txt",
       "el",
       {"Οι επιστήμονες μελετούν ακόμη το ουράνιο τόξο.$", "Μπόγιερ παρατηρεί: «Μέσα σε μια σταγόνα βροχ",
        "Αν και γνωρίζουμε αρκετά πράγματα για το πώς"}},
      {"documents/txt/piper_sentences_fa.txt",
       "ar",
       {"رنگین‌کمان پدیده‌ای نوری و کمانی است که زمان",
        "این پدیده به شکل یک کمان$"}},
      {"documents/txt/piper_sentences_hi.txt",
       "hi",
       {"आकाश में संध्या समय पूर्व दिशा में तथा प्रात", "यह इंद्रधनुष कहलाता है।$", "वर्षा अथवा बादल में पानी की सूक्ष्म बूँदों अ",
        "सूर्य की किरणें वर्षा की बूँदों से अपवर्तित ", "इंद्रधनुष सदा दर्शक की पीठ के पीछे सूर्य होन",
        "पानी के फुहारे पर दर्शक के पीछे से सूर्य किर", "इंद्रधनुष पूर्ण वृत्त रूप में हो सकते हैं।$",
        "लेकिन, देखने वाले को आम तौर पर जमीन के ऊपर प"}},
      {"documents/txt/piper_sentences_ar.txt",
       "ar",
       {"قَوْسُ قُزَحْ، يُسَمَّى كَذَلِكَ: قَوْسُ الْ", "يَظْهَرُ قَوْسُ الْمَطَرِ بَعْدَ سُقُوطِ الْ", "تَكُونُ الْأَلْوَانُ فِي الْقَوْسِ: اللَّوْن",
        "ضَوْءُ الشَّمْسِ يَحْتَوِي عَلَى الْعَدِيدِ ", "وَيَظْهَرُ لِلْمُشَاهِدِ نَتِيجَةً لِضَوْئِه"}},
      {"documents/txt/piper_sentences_ka.txt",
       "ka",
       {"ცისარტყელა — ატმოსფერული ოპტიკური და მეტეორო", "ეს თავისებური რკალია ან წრეხაზი, რომელიც ფერ",
        "ცისარტყელა შედგება შვიდი ფერისგან: წითელი, ნ", "ცენტრი წრისა, რომელსაც ცისარტყელა შემოწერს, ",
        "ხმელეთზე მდებარე დამკვირვებლისთვის ცისარტყელ", "რაც უფრო მაღალია დაკვირვების წერტილი — მით უ",
        "როდესაც მზე აღიმართება ჰორიზონტიდან 42 გრადუ"}},
      {"documents/txt/piper_sentences_te.txt",
       "te",
       {"ఇంద్ర ధనుస్సు ఇది శక్షాత్తు దేవదేవేండ్రుడి ఇ", "అది నీటిబిందువులపై కాంతి పరావర్తనం, వక్రీభవన",
        "అది ఆకాశంలో రంగురంగుల చాపం రూపంలో ఉంటుంది.$", "ఈ చర్య వల్ల రశ్మి (వెలుగు) వాతావరణం లోని నీట"}},
      {"documents/txt/blns.txt",
       "",
       {"# Reserved Strings # # Strings which may be ", "undefined undef null NULL (null) nil NIL tru",
        "# Numeric Strings # # Strings which can be i", "0 1 1.00 $1.00 1/2 1E2 1E02 1E+02 -1 -1.00 -",
        "0.0.0 0,00 0,,0 , 0,0,0 0.0/0 1.0/0.0 0.0/0.", "-, 99999999999999999999999999999999999999999"}},
      {"documents/md/Ulysses.md",
       "",
       {"Title: Ulysses$",
        "Author: James Joyce$",
        "Year: 1922$",
        "I$",
        "Stately, plump Buck Mulligan came from the s",
        "A yellow dressinggown, ungirdled, was sustai",
        "He held the bowl aloft and intoned:$",
        "--Introibo ad altare Dei.$",
        "Halted, he peered down the dark winding stai",
        "--Come up, Kinch!$",
        "Come up, you fearful jesuit!$",
        "Solemnly he came forward and mounted the rou",
        "He faced about and blessed gravely thrice th",
        "Then, catching sight of Stephen Dedalus, he ",
        "Stephen Dedalus, displeased and sleepy, lean",
        "Buck Mulligan peeped an instant under the mi",
        "--Back to barracks! he said sternly.$",
        "He added in a preacher's tone:$",
        "--For this, O dearly beloved, is the genuine",
        "Slow music, please.$"}},
      {"documents/md/The_Trial.md",
       "",
       {"Title: The Trial$",
        "Author: Franz Kafka$",
        "Year: 1925$",
        "Chapter One - Arrest - Conversation with Mrs",
        "Someone must have been telling lies about Jo",
        "Every day at eight in the morning he was bro",
        "That had never happened before.$",
        "K. waited a little while, looked from his pi",
        "There was immediately a knock at the door an",
        "He had never seen the man in this house before.$",
        "He was slim but firmly built, his clothes we",
        "\"Who are you?\" asked K., sitting half uprigh",
        "The man, however, ignored the question as if",
        "\"Anna should have brought me my breakfast,\" ",
        "He tried to work out who the man actually wa",
        "Instead he went over to the door, opened it ",
        "There was a little laughter in the neighbour",
        "The strange man could not have learned anyth",
        "\"It would be the first time that's happened,",
        "\"I want to see who that is in the next room,"}},
      {"documents/md/The_Bet.md",
       "",
       {"Title: The Bet$",
        "Author: Anton Chekhov$",
        "Year: 1889$",
        "I$",
        "It was a dark autumn night.$",
        "The old banker was pacing from corner to cor",
        "There were many clever people at the party a",
        "They talked among other things of capital pu",
        "The guests, among them not a few scholars an",
        "They found it obsolete as a means of punishm",
        "Some of them thought that capital punishment",
        "\"I don't agree with you,\" said the host.$",
        "\"I myself have experienced neither capital p",
        "Execution kills instantly, life-imprisonment",
        "Who is the more humane executioner, one who ",
        "\"They're both equally immoral,\" remarked one",
        "The State is not God.$",
        "It has no right to take away that which it c",
        "Among the company was a lawyer, a young man ",
        "On being asked his opinion, he said:$"}},
      {"documents/md/Aesops_Fables.md",
       "",
       {"Title: Aesop's Fables$",
        "Author: Aesop$",
        "Year: 600 BC$",
        "TRANSLATION BY V. S. VERNON JONES$",
        "THE FOX AND THE GRAPES$",
        "A hungry Fox saw some fine bunches of Grapes",
        "But it was all in vain, for they were just o",
        "THE GOOSE THAT LAID THE GOLDEN EGGS$",
        "A Man and his Wife had the good fortune to p",
        "Lucky though they were, they soon began to t",
        "But when they cut it open they found it was ",
        "Thus, they neither got rich all at once, as ",
        "Much wants more and loses all.$",
        "THE CAT AND THE MICE$",
        "There was once a house that was overrun with",
        "A Cat heard of this, and said to herself, \"T",
        "At last the Mice could stand it no longer, a",
        "\"That's awkward,\" said the Cat to herself: \"",
        "So she considered a while, and then climbed ",
        "By and by a Mouse peeped out and saw the Cat"}},
      {"documents/md/An_Occurrence_at_Owl_Creek_Bridge.md",
       "",
       {"Title: An Occurrence at Owl Creek Bridge$",
        "Author: Ambrose Bierce$",
        "Year: 1890$",
        "I$",
        "A man stood upon a railroad bridge in northe",
        "The man's hands were behind his back, the wr",
        "A rope closely encircled his neck.$",
        "It was attached to a stout cross-timber abov",
        "Some loose boards laid upon the ties support",
        "At a short remove upon the same temporary pl",
        "He was a captain.$",
        "A sentinel at each end of the bridge stood w",
        "It did not appear to be the duty of these tw",
        "Beyond one of the sentinels nobody was in si",
        "Doubtless there was an outpost farther along.$",
        "The other bank of the stream was open ground",
        "Midway up the slope between the bridge and f",
        "A lieutenant stood at the right of the line,",
        "Excepting the group of four at the center of",
        "The company faced the bridge, staring stonil"}},
      {"documents/html/alice_11-h.htm",
       "en",
       {"Project Gutenberg's Alice's Adventures in Wo",
        "This eBook is for the use of anyone anywhere",
        "You may copy it, give it away or re-use it u",
        "Title: Alice's Adventures in Wonderland$",
        "Author: Lewis Carroll$",
        "Release Date: June 25, 2008 [EBook #11] Last",
        "Language: English$",
        "Character set encoding: UTF-8$",
        "*** START OF THIS PROJECT GUTENBERG EBOOK AL",
        "Produced by Arthur DiBianca and David Widger$",
        "ALICE’S ADVENTURES IN WONDERLAND$",
        "By Lewis Carroll$",
        "THE MILLENNIUM FULCRUM EDITION 3.0$",
        "Contents$",
        "CHAPTER I.$",
        "Down the Rabbit-Hole$",
        "CHAPTER II.$",
        "The Pool of Tears$",
        "CHAPTER III.$",
        "A Caucus-Race and a Long Tale$"}},
  };
  return all;
}

TEST(RealDocuments, BeginAsAReaderSeesThem) {
  for (const Seen& s : seen()) {
    const auto path = weir::test::data(s.file);
    if (!path) GTEST_SKIP() << weir::test::no_data(s.file);
    std::ifstream in(*path, std::ios::binary);
    const test::ReadBook book(std::string((std::istreambuf_iterator<char>(in)), {}), path->filename().string());
    const auto sentences = book.sentences();
    ASSERT_GE(sentences.size(), s.sentences.size()) << s.file;
    EXPECT_EQ(book.paragraphs()[0].language, s.language) << s.file;
    for (std::size_t i = 0; i < s.sentences.size(); ++i) {
      std::string expected = s.sentences[i];
      const bool whole = expected.ends_with('$');
      if (whole) expected.pop_back();
      EXPECT_EQ(whole ? sentences[i] : sentences[i].substr(0, expected.size()), expected) << s.file;
    }
  }
}

TEST(RealDocuments, HaveTheirChapters) {
  const std::vector<std::pair<const char*, std::size_t>> counts{{"documents/txt/alice_11-0_utf8.txt", 13},
                                                                {"documents/html/alice_11-h.htm", 15},
                                                                {"documents/md/The_Trial.md", 13},
                                                                {"documents/md/Ulysses.md", 6}};
  for (const auto& [file, count] : counts) {
    const auto path = weir::test::data(file);
    if (!path) GTEST_SKIP() << weir::test::no_data(file);
    std::ifstream in(*path, std::ios::binary);
    const test::ReadBook book(std::string((std::istreambuf_iterator<char>(in)), {}), path->filename().string());
    EXPECT_EQ(book.chapters.size(), count) << file;
    if (path->extension() == ".txt") book.expect_places();
  }
}

}  // namespace
}  // namespace weir::documents
