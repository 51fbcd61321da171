// Goal: a tree written as text is read as the same tree, whatever its scalars look like.
// Method: round trips of hand-written and of drawn trees.

#include "harness/scenario/yaml_emit.h"

#include <boost/test/unit_test.hpp>

#include "base/random.h"

namespace crashwright::harness {
namespace {

bool same(const YamlNode& a, const YamlNode& b) {
  if (a.kind != b.kind || a.text != b.text || a.keys.size() != b.keys.size() || a.items.size() != b.items.size()) {
    return false;
  }
  for (size_t i = 0; i < a.keys.size(); ++i) {
    if (!same(a.keys[i], b.keys[i])) return false;
  }
  for (size_t i = 0; i < a.items.size(); ++i) {
    if (!same(a.items[i], b.items[i])) return false;
  }
  return true;
}

void check_round_trip(const YamlNode& root) {
  const std::string text = emit_yaml(root);
  const YamlResult again = parse_yaml("x", text);
  BOOST_TEST(diagnostics_to_text(again.diagnostics) == "0 errors\n", text);
  BOOST_TEST(same(root, again.root), text);
}

YamlNode drawn_scalar(Random& random) {
  static const char* const kPieces[] = {"a", "9", " ", ":", "-", "#", "\"", "'",    "\\", "{",  "}", "[",
                                        "]", ",", "&", "*", "%", "~", "ä",  "null", "|",  "\t", "!"};
  YamlNode node;
  node.kind = YamlNode::Kind::kScalar;
  const uint64_t length = random.below(6) + 1;
  for (uint64_t i = 0; i < length; ++i) node.text += kPieces[random.below(std::size(kPieces))];
  return node;
}

YamlNode drawn(Random& random, int depth) {
  const uint64_t kind = depth == 0 ? 0 : random.below(4);
  if (kind < 2) return drawn_scalar(random);
  YamlNode node;
  node.kind = kind == 2 ? YamlNode::Kind::kMap : YamlNode::Kind::kList;
  const uint64_t length = random.below(4);
  for (uint64_t i = 0; i < length; ++i) {
    if (kind == 2) node.keys.push_back(drawn_scalar(random));
    node.items.push_back(random.below(8) == 0 ? YamlNode() : drawn(random, depth - 1));
  }
  return node;
}

}  // namespace

BOOST_AUTO_TEST_CASE(a_scenario_is_written_as_people_write_it) {
  const std::string text =
      "name: null dereference\n"
      "why: \"it is: so\"\n"
      "session: {messages: 2000, durability: power_loss}\n"
      "faults:\n"
      "  - sigkill: {at: gateway.after_send, hit: 30}\n"
      "  - abort:\n"
      "tags: [a, \"b c\"]\n";
  const YamlResult parsed = parse_yaml("x", text);
  BOOST_TEST(emit_yaml(parsed.root) == text);
  check_round_trip(parsed.root);
}

BOOST_AUTO_TEST_CASE(words_that_mean_something_else_stay_words) {
  for (const char* const word :
       {"\"null\"", "\"~\"", "\"\"", "\"-\"", "\"a: b\"", "\"*a\"", "\"x\\ny\"", "\"é\"", "50%", "-100B"}) {
    check_round_trip(parse_yaml("x", std::string("name: ") + word + "\nlist: [" + word + "]\n").root);
  }
}

BOOST_AUTO_TEST_CASE(drawn_trees_survive_the_round_trip) {
  constexpr uint64_t kSeed = 20261128;
  BOOST_TEST_MESSAGE("seed " << kSeed);
  Random random(kSeed);
  for (int i = 0; i < 2'000; ++i) {
    YamlNode root;
    root.kind = YamlNode::Kind::kMap;
    for (int key = 0; key < 3; ++key) {
      root.keys.push_back(drawn_scalar(random));
      root.items.push_back(drawn(random, 4));
    }
    check_round_trip(root);
  }
}

}  // namespace crashwright::harness
