// As much of XML as answers of S3 have: elements with texts, no attributes, no
// names of namespaces. What is not well-formed gives less, never more.
#pragma once

#include <functional>
#include <string>
#include <string_view>

namespace sluice::s3 {

// The text of the first element of that name in `xml`, at any depth, with
// entities resolved; empty when there is none.
std::string XmlText(std::string_view xml, std::string_view name);

// Calls `each` with what is inside of every element of that name, in order.
// Elements of that name in one another are not looked for.
void XmlEach(std::string_view xml, std::string_view name,
             const std::function<void(std::string_view)>& each);

// With the five characters escaped that may not stand in a text.
std::string XmlEscape(std::string_view text);

}  // namespace sluice::s3
