#include "base/result.h"

#include <cerrno>
#include <cstring>

namespace crashwright {
namespace {

bool is_environment(int error_number) {
  switch (error_number) {
    case EACCES:
    case EPERM:
    case ENOSPC:
    case EDQUOT:
    case EMFILE:
    case ENFILE:
    case ENOMEM:
    case EROFS:
    case ENOSYS:
      return true;
    default:
      return false;
  }
}

}  // namespace

tl::unexpected<Error> fail_errno(int error_number, std::string what, std::string remedy) {
  const ErrorKind kind = is_environment(error_number) ? ErrorKind::kEnvironment : ErrorKind::kIo;
  return fail(kind, std::move(what) + ": " + std::strerror(error_number), std::move(remedy));
}

}  // namespace crashwright
