// Keeps secrets out of reports: values of environment variables whose names or forms say that they are none of anyone's
// business.
//
// Threads: any. Signal context: no. Errors: none.
#pragma once

#include <string>
#include <string_view>

namespace crashwright::rca {

// "API_TOKEN=abc" becomes "API_TOKEN=***"; user and password in an address "scheme://user:password@host" go too.
[[nodiscard]] std::string mask_secret(std::string_view entry);

}  // namespace crashwright::rca
