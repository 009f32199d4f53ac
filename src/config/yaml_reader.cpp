#include "yaml_reader.hpp"

#include "source_text.hpp"

#include "segue/base/check.hpp"
#include "segue/base/text.hpp"

#include <fmt/format.h>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/mark.h>
#include <yaml-cpp/parser.h>

#include <algorithm>
#include <map>
#include <sstream>

namespace segue {
namespace {

constexpr size_t kMostLevels = 64;
constexpr size_t kMostNodes = 100'000;
constexpr size_t kMostItems = 10'000;  // of a list: some are compared with each other

struct Stopped {};  // thrown by the handler to end the parse; caught in read_yaml

int line_of(const YAML::Mark& mark) {
  return mark.line + 1;
}
int column_of(const YAML::Mark& mark) {
  return mark.column + 1;
}

// yaml-cpp 0.7 gives the escapes \_ and \N of a quoted text as one byte each, A0 and 85, which is
// no UTF-8; in the text of a file that is, no other bytes can be.
std::string with_whole_escapes(const std::string& value) {
  std::string whole;
  for (size_t at = 0; at < value.size();) {
    const size_t length = utf8_length(value, at);
    if (length == 0) whole += '\xC2';
    whole.append(value, at, std::max<size_t>(length, 1));
    at += std::max<size_t>(length, 1);
  }
  return whole;
}

class TreeBuilder : public YAML::EventHandler {
 public:
  TreeBuilder(const SourceText& source, std::vector<Error>& errors)
      : source_(source), errors_(errors) {}

  YamlNodePointer root() const { return root_; }
  // The list or map that is still open: where an unclosed bracket began.
  const SourceSpan* innermost_open() const {
    return frames_.empty() ? nullptr : &frames_.back().node->at;
  }

  void OnDocumentStart(const YAML::Mark& mark) override {
    if (documents_++ == 0) return;
    stop(source_.span_at(line_of(mark), 1), "a second document begins here",
         "keep one document in a file: remove the line with ---");
  }
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    auto node = std::make_shared<YamlNode>();
    node->at = null_span(mark);
    add(std::move(node), anchor);
  }
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    const SourceSpan at = source_.span_at(line_of(mark), column_of(mark));
    const auto target = anchors_.find(anchor);
    if (target == anchors_.end()) stop(at, "this alias stands inside its own anchor", "");
    place(target->second, at);
  }
  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override {
    const auto extent = source_.extent_at(line_of(mark), column_of(mark), value);
    if (extent.unclosed) stop(extent.span, "this quote is never closed", "");
    auto node = std::make_shared<YamlNode>();
    node->kind = YamlNode::Kind::scalar;
    node->text = with_whole_escapes(value);
    node->quoted = tag == "!" || tag == "tag:yaml.org,2002:str";
    node->at = extent.span;
    check_tag(tag, extent.span);
    add(std::move(node), anchor);
  }
  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value /*style*/) override {
    open(YamlNode::Kind::list, mark, tag, anchor);
  }
  void OnSequenceEnd() override { close(); }
  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value /*style*/) override {
    open(YamlNode::Kind::map, mark, tag, anchor);
  }
  void OnMapEnd() override {
    apply_merges();
    close();
  }

 private:
  struct Frame {
    std::shared_ptr<YamlNode> node;
    YAML::anchor_t anchor = 0;
    YamlNodePointer key;  // of a map, while its value is awaited
    SourceSpan key_at;
    std::vector<YamlEntry> merges;  // values of <<
    std::map<std::string, SourceSpan> first_places;
  };

  [[noreturn]] void stop(SourceSpan at, std::string what, std::string hint) {
    errors_.push_back({Code::usage, std::move(what), std::move(hint), {}, std::move(at)});
    throw Stopped{};
  }

  void check_tag(const std::string& tag, const SourceSpan& at) {
    constexpr std::string_view kCore = "tag:yaml.org,2002:";
    if (tag.empty() || tag == "?" || tag == "!" || tag.rfind(kCore, 0) == 0) return;
    stop(at, fmt::format("the tag {} is not understood", visible(tag)), "remove it");
  }

  // A value that is missing altogether is reported at its key: the mark is that of what follows.
  SourceSpan null_span(const YAML::Mark& mark) const {
    const std::string_view line = source_.line(line_of(mark));
    const size_t at = std::min(line.size(), static_cast<size_t>(mark.column));
    for (const std::string_view word : {"null", "Null", "NULL", "~"})
      if (line.substr(at, word.size()) == word)
        return source_.span_at(line_of(mark), column_of(mark), static_cast<int>(word.size()));
    if (!frames_.empty() && frames_.back().key) return frames_.back().key_at;
    return source_.span_at(line_of(mark), column_of(mark));
  }

  void open(YamlNode::Kind kind, const YAML::Mark& mark, const std::string& tag,
            YAML::anchor_t anchor) {
    Frame frame;
    frame.node = std::make_shared<YamlNode>();
    frame.node->kind = kind;
    frame.node->at = source_.extent_at(line_of(mark), column_of(mark), "").span;
    frame.anchor = anchor;
    check_tag(tag, frame.node->at);
    if (frames_.size() >= kMostLevels) stop_too_deep(frame.node->at);
    frames_.push_back(std::move(frame));
  }
  void close() {
    Frame frame = std::move(frames_.back());
    frames_.pop_back();
    add(std::move(frame.node), frame.anchor);
  }

  void add(std::shared_ptr<YamlNode> node, YAML::anchor_t anchor) {
    if (anchor != 0) anchors_[anchor] = node;
    const SourceSpan at = node->at;
    place(std::move(node), at);
  }

  void place(YamlNodePointer node, const SourceSpan& at) {
    if (++nodes_ > kMostNodes || node->weight > kMostNodes) stop_too_many(at);
    if (frames_.size() + node->height > kMostLevels) stop_too_deep(at);
    if (frames_.empty()) {
      root_ = std::move(node);
      return;
    }
    Frame& frame = frames_.back();
    grow(*frame.node, *node, at);
    if (frame.node->kind == YamlNode::Kind::list) {
      if (frame.node->items.size() == kMostItems)
        stop(at, fmt::format("more than {} values in a list", with_thousands(kMostItems)), "");
      frame.node->items.push_back(std::move(node));
    } else if (!frame.key) {
      if (node->kind != YamlNode::Kind::scalar) stop(at, "a key must be plain text", "");
      frame.key = std::move(node);
      frame.key_at = at;
    } else {
      place_entry(frame, std::move(node));
    }
  }

  void grow(YamlNode& parent, const YamlNode& child, const SourceSpan& at) {
    parent.weight += child.weight;
    parent.height = std::max(parent.height, child.height + 1);
    if (parent.weight > kMostNodes) stop_too_many(at);
  }
  [[noreturn]] void stop_too_many(const SourceSpan& at) {
    stop(at, fmt::format("more than {} values, aliases included", with_thousands(kMostNodes)), "");
  }
  [[noreturn]] void stop_too_deep(const SourceSpan& at) {
    stop(at, fmt::format("nested deeper than {} levels", kMostLevels), "");
  }

  void place_entry(Frame& frame, YamlNodePointer value) {
    const YamlNodePointer key = std::exchange(frame.key, nullptr);
    if (key->text == "<<" && !key->quoted) {
      frame.merges.push_back({key->text, frame.key_at, std::move(value)});
      return;
    }
    const auto [first, is_new] = frame.first_places.try_emplace(key->text, frame.key_at);
    if (!is_new) {
      errors_.push_back({Code::usage,
                         fmt::format("\"{}\" is given twice", visible(key->text)),
                         fmt::format("the first one is at {}:{}:{}; remove one of them",
                                     first->second.file, first->second.line, first->second.column),
                         {},
                         frame.key_at});
      return;
    }
    frame.node->entries.push_back({key->text, frame.key_at, std::move(value)});
  }

  // YAML's merge key: what the map itself says wins, then the earlier of the merged maps.
  void apply_merges() {
    Frame& frame = frames_.back();
    for (const YamlEntry& merge : frame.merges) {
      std::vector<YamlNodePointer> sources{merge.value};
      if (merge.value->kind == YamlNode::Kind::list) sources = merge.value->items;
      for (const YamlNodePointer& source : sources) {
        if (source->kind != YamlNode::Kind::map)
          stop(merge.key_at, "<< takes a map or a list of maps", "write <<: *anchor");
        for (const YamlEntry& entry : source->entries)
          if (frame.first_places.try_emplace(entry.key, entry.key_at).second)
            frame.node->entries.push_back(entry);
      }
    }
  }

  const SourceText& source_;
  std::vector<Error>& errors_;
  std::vector<Frame> frames_;
  std::map<YAML::anchor_t, YamlNodePointer> anchors_;
  YamlNodePointer root_;
  size_t nodes_ = 0;
  int documents_ = 0;
};

// yaml-cpp's words are about its own insides; these say what the person sees.
Error explain(const YAML::Exception& error, const SourceText& source, const TreeBuilder& builder) {
  const SourceSpan at = source.span_at(line_of(error.mark), column_of(error.mark));
  const auto usage = [](SourceSpan where, std::string what, std::string hint) {
    return Error{Code::usage, std::move(what), std::move(hint), {}, std::move(where)};
  };
  const std::string_view line = source.line(at.line);
  const size_t text = line.find_first_not_of(" \t");
  const size_t tab = line.find('\t');
  if (tab != std::string_view::npos && (text == std::string_view::npos || tab < text))
    return usage(source.span_at(at.line, static_cast<int>(tab) + 1),
                 "a tab stands in the indentation", "indent with blanks");
  if (contains(error.msg, "flow not found") && builder.innermost_open() != nullptr)
    return usage(*builder.innermost_open(), "this bracket is never closed", "");
  if (error.msg == "unknown token")
    return usage(at, "a value cannot begin with this character", "put the value in quotes");
  if (error.msg == "bad file") return usage(at, "nested too deeply", "");
  if (contains(error.msg, "illegal EOF in scalar"))
    return usage(at, "a quote is open at the end of the file", "");
  if (contains(error.msg, "anchor is not defined"))
    return usage(at, "this alias names no anchor", "an anchor &name must stand above it");
  if (contains(error.msg, "illegal map value"))
    return usage(at, "a key cannot stand here", "check the indentation of this line");
  return usage(at, "not valid YAML: " + error.msg, "check the indentation and quotes of this line");
}

}  // namespace

YamlDocument read_yaml(const std::string& file, std::string_view text) {
  constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
  if (text.substr(0, kByteOrderMark.size()) == kByteOrderMark)
    text.remove_prefix(kByteOrderMark.size());
  const SourceText source(file, text);
  YamlDocument document;
  if (auto error = source.unreadable()) {
    document.errors.push_back(std::move(*error));
    return document;
  }
  TreeBuilder builder(source, document.errors);
  bool complete = false;
  try {
    std::istringstream stream{std::string(text)};
    YAML::Parser parser(stream);
    while (parser.HandleNextDocument(builder)) {
    }
    complete = true;
  } catch (const Stopped&) {
    CHECK(!document.errors.empty(), "the handler says why it stops");
  } catch (const YAML::Exception& error) {
    document.errors.push_back(explain(error, source, builder));
  } catch (const std::exception& error) {
    document.errors.push_back(
        {Code::usage, fmt::format("not valid YAML: {}", error.what()), "", {}, {}});
  }
  if (complete) document.root = builder.root();
  if (complete && !document.root)
    document.errors.push_back({Code::usage,
                               "the file is empty",
                               "`segue init` writes one",
                               {},
                               SourceSpan{file, 0, 0, 1}});
  return document;
}

}  // namespace segue
