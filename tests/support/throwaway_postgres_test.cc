#include "tests/support/throwaway_postgres.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <string>
#include <thread>

namespace weir {
namespace {

bool Runs(pid_t pid) { return kill(pid, 0) == 0; }

// The server's process, from the first line of its lock file.
pid_t ServerOf(const std::string& directory) {
  FILE* file = fopen((directory + "/data/postmaster.pid").c_str(), "r");
  int pid = 0;
  if (file == nullptr || fscanf(file, "%d", &pid) != 1) return -1;
  fclose(file);
  return pid;
}

TEST(ThrowawayPostgres, GoesWithItsObject) {
  std::string directory;
  pid_t server = -1;
  {
    const ThrowawayPostgres postgres;
    directory = postgres.socket_directory();
    server = ServerOf(directory);
    ASSERT_GT(server, 0);
    EXPECT_TRUE(Runs(server));
  }
  EXPECT_FALSE(Runs(server));
  EXPECT_FALSE(std::filesystem::exists(directory));
}

TEST(ThrowawayPostgres, GoesWhenTheProgramIsKilled) {
  int pipes[2];
  ASSERT_EQ(pipe(pipes), 0);
  const pid_t program = fork();
  if (program == 0) {
    const ThrowawayPostgres postgres;
    const std::string& directory = postgres.socket_directory();
    if (write(pipes[1], directory.c_str(), directory.size() + 1) < 0) _exit(1);
    pause();
    _exit(0);
  }
  std::string directory;
  for (char letter = 0; read(pipes[0], &letter, 1) == 1 && letter != '\0';) directory += letter;
  const pid_t server = ServerOf(directory);
  ASSERT_GT(server, 0);
  kill(program, SIGKILL);
  waitpid(program, nullptr, 0);
  // The keeper sees the end of its input and tidies up; at most ten seconds.
  for (int i = 0; i < 1000 && std::filesystem::exists(directory); ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  EXPECT_FALSE(std::filesystem::exists(directory));
  EXPECT_FALSE(Runs(server));
  close(pipes[0]);
  close(pipes[1]);
}

}  // namespace
}  // namespace weir
