// A plugin links its own copy of the readers; the libraries with process-wide state are shared.
#include <dlfcn.h>

#include <gtest/gtest.h>

#include "test_support.hpp"

namespace hubsdk::xml {
namespace {

using ReadFunction = int (*)(const char*, std::size_t);

int readIn(void* module, std::string_view bytes) {
    void* const symbol = ::dlsym(module, "xml_module_read");
    if (symbol == nullptr) return -1;
    return reinterpret_cast<ReadFunction>(symbol)(bytes.data(), bytes.size());
}

TEST(XmlModule, ReadsWithTheLibrariesOfTheHostAndLeavesThemAlive) {
    for (int round = 0; round < 3; ++round) {
        void* const module = ::dlopen(XML_TEST_MODULE, RTLD_NOW | RTLD_LOCAL);
        ASSERT_NE(module, nullptr) << ::dlerror();
        EXPECT_EQ(readIn(module, "<count>7</count>"), 0);
        EXPECT_EQ(readIn(module, "<count>seven</count>"), 1);
        EXPECT_EQ(readIn(module, "<!DOCTYPE count><count>7</count>"), 2);
        EXPECT_EQ(::dlclose(module), 0);
        const std::string sample =
            test::bytesOf(test::vendorsFolder() / "hrxml/samples/04-completed-clear.xml");
        EXPECT_EQ(test::outcomeOf(readValidated(sample, test::hrxmlSchema(), {})), "ok");
    }
}

}  // namespace
}  // namespace hubsdk::xml
