crashwright_test(power_loss_test SOURCES storage/power_loss_test.cc LINK crashwright::harness)
crashwright_test(storage_mount_test SOURCES storage/storage_mount_test.cc LINK crashwright::harness PkgConfig::URING
                 LABELS process)
if(TARGET storage_mount_test)
  add_dependencies(storage_mount_test crashwright_storage)
endif()
