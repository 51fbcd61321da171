#include "mock_engine/hashed_state.h"

#include <iterator>

namespace crashwright::mock_engine {

void HashedState::put_order(uint32_t user_ref, const WorkingOrder& order) {
  const auto [place, fresh] = state_.orders.try_emplace(user_ref, order);
  if (!fresh) {
    parts_ -= hash_of_order(user_ref, place->second);
    place->second = order;
  }
  parts_ += hash_of_order(user_ref, order);
}

void HashedState::erase_order(uint32_t user_ref) {
  const auto place = state_.orders.find(user_ref);
  if (place == state_.orders.end()) return;
  parts_ -= hash_of_order(user_ref, place->second);
  state_.orders.erase(place);
}

void HashedState::put_position(std::string_view symbol, int64_t shares) {
  const auto place = state_.positions.find(symbol);
  const bool held = place != state_.positions.end();
  if (held) parts_ -= hash_of_position(symbol, place->second);
  if (shares != 0) parts_ += hash_of_position(symbol, shares);
  if (held && shares != 0) {
    place->second = shares;
  } else if (held) {
    state_.positions.erase(place);
  } else if (shares != 0) {
    state_.positions.emplace(symbol, shares);
  }
}

void HashedState::push_pending(const PendingIntent& intent) {
  parts_ += hash_of_pending(intent);
  state_.pending.push_back(intent);
}

void HashedState::place_pending(uint64_t audit_sequence) {
  if (!state_.pending.empty() && state_.pending.back().audit_sequence == 0) {
    state_.pending.back().audit_sequence = audit_sequence;
  }
}

void HashedState::erase_pending_up_to(std::deque<PendingIntent>::const_iterator last) {
  const auto end = std::next(last);
  for (auto intent = state_.pending.cbegin(); intent != end; ++intent) parts_ -= hash_of_pending(*intent);
  state_.pending.erase(state_.pending.cbegin(), end);
}

void HashedState::push_execution(const Execution& execution) {
  parts_ += hash_of_execution(execution);
  state_.executions.push_back(execution);
  if (state_.executions.size() <= kExecutionsKept) return;
  parts_ -= hash_of_execution(state_.executions.front());
  state_.executions.pop_front();
}

void HashedState::erase_execution(uint64_t match_id) {
  std::erase_if(state_.executions, [&](const Execution& execution) {
    const bool found = execution.match_id == match_id;
    if (found) parts_ -= hash_of_execution(execution);
    return found;
  });
}

void HashedState::adopt(uint32_t user_ref) {
  if (state_.adopted.insert(user_ref).second) parts_ += hash_of_adopted(user_ref);
}

void HashedState::unadopt(uint32_t user_ref) {
  if (state_.adopted.erase(user_ref) == 1) parts_ -= hash_of_adopted(user_ref);
}

}  // namespace crashwright::mock_engine
