#include "tools/server/collections/shapes.h"

#include <array>

namespace sluice::collections {
namespace {

struct Member {
  std::string_view key;
  Shape shape;
};

Shape Leaf(ShapeKind kind) { return {.kind = kind}; }

Shape Object(const std::vector<Member>& members, ShapeKind kind = ShapeKind::kObject) {
  Shape shape{.kind = kind};
  for (const Member& member : members) {
    shape.keys.emplace_back(member.key);
    shape.members.push_back(member.shape);
  }
  return shape;
}

Shape MakeFieldShape(FieldType type) {
  const Shape text = Leaf(ShapeKind::kText);
  const Shape truth = Leaf(ShapeKind::kBool);
  const Shape integer = Leaf(ShapeKind::kInteger);
  const Shape number = Leaf(ShapeKind::kNumber);
  const Shape texts = Leaf(ShapeKind::kTexts);
  std::vector<Member> members = {{"id", text},      {"name", text},    {"type", text},
                                 {"system", truth}, {"hidden", truth}, {"presentable", truth}};
  const auto add = [&members](std::initializer_list<Member> more) {
    members.insert(members.end(), more);
  };
  if (type != FieldType::kAutodate) add({{"help", text}, {"required", truth}});
  switch (type) {
    case FieldType::kText:
      add({{"min", integer},
           {"max", integer},
           {"pattern", text},
           {"autogeneratePattern", text},
           {"primaryKey", truth}});
      break;
    case FieldType::kNumber:
      add({{"min", number}, {"max", number}, {"onlyInt", truth}});
      break;
    case FieldType::kEmail:
    case FieldType::kUrl:
      add({{"exceptDomains", texts}, {"onlyDomains", texts}});
      break;
    case FieldType::kEditor:
      add({{"maxSize", integer}, {"convertURLs", truth}});
      break;
    case FieldType::kDate:
      add({{"min", Leaf(ShapeKind::kDate)}, {"max", Leaf(ShapeKind::kDate)}});
      break;
    case FieldType::kAutodate:
      add({{"onCreate", truth}, {"onUpdate", truth}});
      break;
    case FieldType::kSelect:
      add({{"values", texts}, {"maxSelect", integer}});
      break;
    case FieldType::kJson:
      add({{"maxSize", integer}});
      break;
    case FieldType::kRelation:
      add({{"collectionId", text},
           {"cascadeDelete", truth},
           {"minSelect", integer},
           {"maxSelect", integer}});
      break;
    case FieldType::kFile:
      add({{"maxSelect", integer},
           {"maxSize", integer},
           {"mimeTypes", texts},
           {"thumbs", texts},
           {"protected", truth}});
      break;
    case FieldType::kPassword:
      add({{"min", integer}, {"max", integer}, {"pattern", text}, {"cost", integer}});
      break;
    case FieldType::kBool:
    case FieldType::kGeoPoint:
      break;
  }
  return Object(members);
}

Shape MakeAuthShape() {
  const Shape text = Leaf(ShapeKind::kText);
  const Shape truth = Leaf(ShapeKind::kBool);
  const Shape integer = Leaf(ShapeKind::kInteger);
  const Shape rule = Leaf(ShapeKind::kNullableText);
  const Shape mail = Object({{"subject", text}, {"body", text}});
  const Shape token = Object({{"secret", text}, {"duration", integer}});
  const Shape providers = Object({{"pkce", Leaf(ShapeKind::kNullableBool)},
                                  {"name", text},
                                  {"clientId", text},
                                  {"clientSecret", text},
                                  {"authURL", text},
                                  {"tokenURL", text},
                                  {"userInfoURL", text},
                                  {"displayName", text},
                                  {"extra", Leaf(ShapeKind::kAnyObject)}},
                                 ShapeKind::kObjects);
  const Shape mapped =
      Object({{"id", text}, {"name", text}, {"username", text}, {"avatarURL", text}});
  return Object({
      {"authRule", rule},
      {"manageRule", rule},
      {"authAlert", Object({{"enabled", truth}, {"emailTemplate", mail}})},
      {"oauth2", Object({{"providers", providers}, {"mappedFields", mapped}, {"enabled", truth}})},
      {"passwordAuth", Object({{"enabled", truth}, {"identityFields", Leaf(ShapeKind::kTexts)}})},
      {"mfa", Object({{"enabled", truth}, {"duration", integer}, {"rule", text}})},
      {"otp", Object({{"enabled", truth},
                      {"duration", integer},
                      {"length", integer},
                      {"emailTemplate", mail}})},
      {"authToken", token},
      {"passwordResetToken", token},
      {"emailChangeToken", token},
      {"verificationToken", token},
      {"fileToken", token},
      {"verificationTemplate", mail},
      {"resetPasswordTemplate", mail},
      {"confirmEmailChangeTemplate", mail},
  });
}

}  // namespace

const Shape& FieldShape(FieldType type) {
  static const auto* const kShapes = [] {
    auto* shapes = new std::array<Shape, static_cast<std::size_t>(FieldType::kPassword) + 1>;
    for (std::size_t i = 0; i < shapes->size(); ++i)
      (*shapes)[i] = MakeFieldShape(static_cast<FieldType>(i));
    return shapes;
  }();
  return (*kShapes)[static_cast<std::size_t>(type)];
}

const Shape& AuthShape() {
  static const Shape* const kShape = new Shape(MakeAuthShape());
  return *kShape;
}

}  // namespace sluice::collections
