// What happens to an order when it arrives: a pure function of symbol, UserRefNum, price and quantity.
//
// So the fills of a session depend on the orders alone, never on timing, and a session that crashed and resumed meets
// the same market as one that did not. Of all orders about 40 % fill at once, 20 % in two or three parts, 15 % in part,
// 20 % stay open and 5 % are rejected; a quarter of the accepted ones also trade out the oldest open order.
// Threads: any. Errors: none. Signal context: yes.
#pragma once

#include <cstdint>

#include "mock_engine/wire.h"

namespace crashwright::mock_engine::exchange {

struct FillPlan {
  bool reject = false;
  bool fills_oldest_open_order = false;
  uint32_t fill_count = 0;         // 0 to 3
  uint32_t fills[3] = {};          // shares, each above 0, together at most the quantity
  uint32_t improvement_ticks = 0;  // how much better than its limit the order trades on arrival
};

[[nodiscard]] FillPlan plan_fills(const Symbol& symbol, uint32_t user_ref, uint64_t price_ticks,
                                  uint32_t quantity) noexcept;

}  // namespace crashwright::mock_engine::exchange
