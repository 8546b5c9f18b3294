// sluice import: collections from a file, as PUT /api/collections/import takes
// them.
#include <fstream>
#include <iostream>
#include <iterator>

#include "boost/json/parse.hpp"
#include "boost/json/serialize.hpp"
#include "boost/json/value.hpp"

#include "tools/cli/command.h"
#include "tools/cli/data_folder.h"
#include "tools/server/collections/change.h"
#include "tools/server/http/api_error.h"
#include "tools/server/settings/save.h"
#include "tools/server/store/catalog.h"
#include "tools/server/store/writer.h"

namespace sluice::cli {
namespace {

namespace bj = boost::json;
namespace po = boost::program_options;

constexpr char kUsageLine[] = "sluice import FILE.json [--delete-missing] [--dir FOLDER]";
constexpr char kAbout[] =
    "Makes and changes collections as FILE says: a list of collections, as `sluice export`\n"
    "prints it, or an object with `collections` and perhaps `deleteMissing`. All or nothing.\n"
    "FILE - is standard input.";

StatusOr<std::string> ReadFile(const std::string& path) {
  if (path == "-") return std::string(std::istreambuf_iterator<char>(std::cin), {});
  std::ifstream file(path, std::ios::binary);
  if (!file) return absl::NotFoundError("cannot read " + path);
  return std::string(std::istreambuf_iterator<char>(file), {});
}

StatusOr<std::string> BodyOf(const std::string& text, bool delete_missing) {
  boost::system::error_code error;
  bj::value value = bj::parse(text, error);
  if (error) return absl::InvalidArgumentError("the file is no JSON: " + error.message());
  if (value.is_array()) {
    bj::object whole;
    whole["collections"] = std::move(value);
    value = std::move(whole);
  }
  if (!value.is_object())
    return absl::InvalidArgumentError("the file holds no list of collections");
  if (delete_missing) value.get_object()["deleteMissing"] = true;
  return bj::serialize(value);
}

// The message of an answer with those of its items, for a terminal.
std::string Explain(const Status& status) {
  boost::system::error_code error;
  const bj::value answer = bj::parse(http::ErrorResponse(status).body, error);
  if (error || !answer.is_object()) return std::string(AsStd(status.message()));
  std::string text(answer.get_object().at("message").get_string());
  for (const auto& item : answer.get_object().at("data").get_object()) {
    const bj::value* message =
        item.value().is_object() ? item.value().get_object().if_contains("message") : nullptr;
    if (message != nullptr && message->is_string())
      text += "\n" + std::string(message->get_string());
  }
  return text;
}

}  // namespace

int RunImport(const std::vector<std::string>& arguments) {
  po::options_description flags("Flags");
  AddFolderFlags(flags);
  flags.add_options()("file", po::value<std::string>(), "the file; the first word")(
      "delete-missing",
      "delete collections and fields that the file does not name, with their data");
  const Arguments parsed = ParseArguments(arguments, flags, {"file"}, kUsageLine, kAbout);
  if (parsed.exit_status) return *parsed.exit_status;
  if (!parsed.Has("file")) {
    std::cerr << "Error: missing file\nusage: " << kUsageLine << "\n";
    return kUsage;
  }
  const auto text = ReadFile(parsed.Get<std::string>("file"));
  if (!text.ok()) return Fail(text.status());
  auto body = BodyOf(*text, parsed.Has("delete-missing"));
  if (!body.ok()) return Fail(body.status());
  const auto folder = DataFolder::Open(parsed);
  if (!folder.ok()) return Fail(folder.status());
  const auto catalog =
      store::Catalog::Open((*folder)->path(), nullptr, settings::OpenerOf((*folder)->key()));
  if (!catalog.ok()) return Fail(catalog.status());
  const auto writer = store::Writer::Start((*folder)->path() + "/data.db", {});
  if (!writer.ok()) return Fail(writer.status());
  http::Request request;
  request.method = "PUT";
  request.headers.Add("Content-Type", "application/json");
  request.body = *std::move(body);
  request.has_body = true;
  const Status status =
      collections::ImportCollections({**catalog, **writer, (*folder)->path()}, request);
  if (!status.ok()) return Fail(Explain(status));
  std::cout << "Successfully imported the collections!\n";
  return kDone;
}

}  // namespace sluice::cli
