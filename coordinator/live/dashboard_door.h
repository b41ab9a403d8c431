// Who may see a dashboard: pure decisions, so that each can be tested without a socket.
//
// Against DNS rebinding the Host header must name this machine: a page of somebody else's that
// resolves its own name to 127.0.0.1 still sends its own name. Against other users of the machine
// and other pages of the browser there is a token; the page gets it once in its address, keeps it
// as a cookie that no script and no other site can use, and takes it out of the address.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace weir {

struct DashboardRequest {
  std::string_view method;
  std::string_view path;
  std::string_view host;           // header, with or without a port
  std::string_view authorization;  // header
  std::string_view cookie;         // header
  std::string_view token;          // query argument
};

class DashboardDoor {
 public:
  // `listen_host` as the user gave it; on loopback only loopback's names are let in, elsewhere also
  // that name, this machine's name, and any address.
  DashboardDoor(std::string token, std::string cookie_name, std::string listen_host,
                std::string machine_name, bool loopback);

  struct Answer {
    uint32_t status;   // 200: come in
    const char* text;  // for whoever is kept out
  };
  Answer Judge(const DashboardRequest& request) const;

  // "weir_8080=…; HttpOnly; SameSite=Strict; Path=/"
  std::string SetCookie() const;

 private:
  bool KnowsHost(std::string_view host) const;
  bool HasToken(const DashboardRequest& request) const;

  const std::string token_;
  const std::string cookie_name_;
  const std::string listen_host_;
  const std::string machine_name_;
  const bool loopback_;
};

// "127.0.0.1:80" → "127.0.0.1", "[::1]:80" → "::1".
std::string_view HostWithoutPort(std::string_view host);

bool IsLoopbackName(std::string_view host);

// Takes as long whatever they hold; only their lengths may be found out.
bool SameSecret(std::string_view a, std::string_view b);

// 128 random bits, from the kernel, as 32 hexadecimal digits.
std::string MakeToken();

}  // namespace weir
