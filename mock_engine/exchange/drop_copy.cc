#include "mock_engine/exchange/drop_copy.h"

#include <fcntl.h>

#include <cerrno>
#include <span>

#include "base/clock.h"
#include "base/file.h"
#include "mock_engine/exchange/json_writer.h"

namespace crashwright::mock_engine::exchange {
namespace {

// One line: opened with what every event has, closed with the newline.
class Line : public JsonWriter {
 public:
  Line(std::string& out, uint64_t number, uint64_t now_ns, std::string_view kind) : JsonWriter(out), text_(out) {
    begin_object();
    member("n", number);
    member("t", now_ns);
    member("kind", kind);
  }
  ~Line() {
    end_object();
    text_.push_back('\n');
  }
  Line(const Line&) = delete;
  Line& operator=(const Line&) = delete;

 private:
  std::string& text_;
};

}  // namespace

Result<DropCopy> DropCopy::create(const std::string& path) {
  DropCopy copy;
  copy.path_ = path;
  copy.fd_.reset(::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0644));
  if (!copy.fd_) return fail_errno(errno, "create drop copy " + path);
  copy.now_ns_ = monotonic_ns();  // of what the exchange says before anybody has come
  return copy;
}

void DropCopy::order_event(std::string_view kind, uint64_t session_sequence, const OrderEvent& event) {
  Line line(pending_, ++events_, now_ns_, kind);
  if (session_sequence != 0) line.member("seq", session_sequence);
  line.member("type", event.type);
  if (event.user_ref != 0) line.member("user_ref", event.user_ref);
  if (event.original_user_ref != 0) line.member("orig_user_ref", event.original_user_ref);
  if (!event.symbol.empty()) line.member("symbol", event.symbol);
  if (event.side != 0) line.member("side", std::string_view(&event.side, 1));
  if (event.quantity != 0 || !event.symbol.empty()) line.member("quantity", event.quantity);
  if (event.price_ticks != 0 || !event.symbol.empty()) line.member("price_ticks", event.price_ticks);
  if (event.match_id != 0) line.member("match_id", event.match_id);
  if (event.order_id != 0) line.member("order_id", event.order_id);
  if (session_sequence != 0 && !event.symbol.empty()) line.member("leaves", event.leaves);
  if (!event.reason.empty()) line.member("reason", event.reason);
}

void DropCopy::violation(std::string_view type, uint32_t user_ref) {
  Line line(pending_, ++events_, now_ns_, "violation");
  line.member("type", type);
  line.member("user_ref", user_ref);
}

void DropCopy::session_began(std::string_view name) {
  Line line(pending_, ++events_, now_ns_, "session");
  line.member("session", name);
}

void DropCopy::connected(uint64_t connection) {
  Line line(pending_, ++events_, now_ns_, "connect");
  line.member("connection", connection);
}

void DropCopy::logged_in(uint64_t connection, std::string_view user, uint64_t requested, uint64_t next) {
  Line line(pending_, ++events_, now_ns_, "login");
  line.member("connection", connection);
  line.member("user", user);
  line.member("requested", requested);
  line.member("next", next);
}

void DropCopy::login_refused(uint64_t connection, uint64_t requested, std::string_view why) {
  Line line(pending_, ++events_, now_ns_, "login_refused");
  line.member("connection", connection);
  line.member("requested", requested);
  line.member("why", why);
}

void DropCopy::disconnected(uint64_t connection, std::string_view why, uint64_t partial_bytes) {
  Line line(pending_, ++events_, now_ns_, "disconnect");
  line.member("connection", connection);
  line.member("why", why);
  line.member("partial_bytes", partial_bytes);
}

Status DropCopy::flush() {
  if (pending_.empty() || !fd_) return {};
  auto written = write_all(fd_.get(), std::as_bytes(std::span(pending_)));
  pending_.clear();
  if (!written) return fail(ErrorKind::kIo, "drop copy " + path_ + ": " + written.error().message);
  return {};
}

}  // namespace crashwright::mock_engine::exchange
