"""What is subscribed to and what is written in replay.py: the blog of tests/conformance."""

USERS = [f"user{n:011d}" for n in range(1, 13)]
STAFF = [f"staff{n:010d}" for n in range(1, 4)]
BOT = "bot000000000001"


def rid(kind, n):
    return f"{kind}{n:0{15 - len(kind)}d}"


def new(kind, n=1):
    """The id of a record that a step makes."""
    return rid("rt" + kind, n)


# The options of topics, for each collection: query parameters and headers. A filter on what is hidden or on other
# people's addresses must bring nothing, one through relations what the list brings. In a list a filter speaks of the
# rule's rows where both go through the same relation of many, in realtime it is asked by itself (F-125): so no filter
# here goes through `org.members` of posts.
PEEK = {"fields": "*,password,tokenKey,secretNote,internal,value,expand.*,expand.author.email,expand.author.tokenKey"}
OPTIONS = {
    "users": [{"filter": "email ~ 'user' || email ~ 'changed'"}, {"filter": "email !~ 'user1@' && name != 'x'"}, {"filter": "tokenKey != ''"},
              {"filter": "secretNote ~ 'note'"}, {"filter": "manager.email ~ 'user'"}, {"filter": "password:lower != ''"},
              {"expand": "manager.manager,profiles_via_user,orgs_via_owner,diary_via_author"}, {**PEEK, "expand": "manager"}],
    "staff": [{"expand": "manager"}, PEEK],
    "bots": [PEEK],
    "orgs": [{"filter": "members.email ~ 'user' && name != ''"}, {"filter": "owner.id = @request.auth.id"}, {"expand": "owner,members.manager,posts_via_org"},
             {"fields": "name,expand.members.email", "expand": "members"}],
    "tags": [{"filter": "weight > 3 || parent.name != ''"}, {"filter": "posts_via_tags.status ?= 'draft'"}, {"filter": "broken ~~ ("}, {"expand": "parent,posts_via_tags.author"}],
    "posts": [{"filter": "internal != ''"}, {"filter": "views > 0 && author.name != ''"}, {"filter": "org.owner.email ~ 'user2'"}, {"filter": "@collection.secrets.key != ''"},
              {"filter": "comments_via_post.text ?!= ''"}, {"filter": "meta.a != 'zz' || internal:length > 0"},
              {"expand": "author.manager,org.owner,tags,related.author,comments_via_post.author"}, {**PEEK, "expand": "author,org"}],
    "comments": [{"filter": "post.status = 'published'"}, {"filter": "author.email != ''"}, {"expand": "post.author,author,likes,parent"}, {**PEEK, "expand": "author,post"}],
    "follows": [{"expand": "follower,followee"}, {"fields": "id,expand.follower.email", "expand": "follower"}],
    "profiles": [{"filter": "user.verified = true"}, {"filter": "user.tokenKey ~ '%'"}, {"expand": "user.manager,links"}],
    "diary": [{"expand": "author"}],
    "secrets": [{"filter": "value ~ 'v'"}, PEEK],
    "post_stats": [{"filter": "views >= 0"}],
    "people": [{"filter": "email != ''"}],
    "_superusers": [PEEK],
    "_externalAuths": [{"expand": "recordRef"}],
}
# Subscribed to on records, where no filter may be asked by a list whose rule is another.
VIEW_FILTERS = {"users", "orgs", "tags", "posts", "comments", "profiles", "secrets"}
HEADERS = {"X-Device": "phone"}

# Each step is one request of the superuser: (what, method, path below /api/collections/, body).
P = {"password": "password-new", "passwordConfirm": "password-new"}
OWNER = new("user", 1)


def create(collection, body):
    return f"create {collection}/{body['id']}", "POST", f"{collection}/records", body


def update(collection, record, body):
    return f"update {collection}/{record} {list(body)}", "PATCH", f"{collection}/records/{record}", body


def delete(collection, record):
    return f"delete {collection}/{record}", "DELETE", f"{collection}/records/{record}", None


def change(collection, body):
    return f"change {collection} {list(body)}", "PATCH", collection, body


RECORDS = [
    # Rows of every collection; the first user owns what goes with it in the end.
    create("users", {"id": OWNER, "email": "rt1@example.com", "emailVisibility": False, "name": "Owner", "secretNote": "hush", "manager": USERS[0], **P}),
    create("users", {"id": new("user", 2), "email": "rt2@example.com", "emailVisibility": True, "name": "Shown", "roles": ["reader"], "manager": OWNER, **P}),
    create("staff", {"id": new("staff"), "email": "rts@example.com", "username": "rt_staff", "active": True, **P}),
    create("bots", {"id": new("bot"), "email": "rtb@example.com", "purpose": "rest", **P}),
    create("tags", {"id": new("tag"), "name": "rt tag", "weight": 5, "parent": rid("tag", 1)}),
    create("orgs", {"id": new("org"), "name": "rt org", "owner": OWNER, "members": [USERS[3], USERS[6], OWNER], "plan": "pro"}),
    create("posts", {"id": new("post", 1), "title": "rt draft", "author": OWNER, "org": new("org"), "tags": [new("tag"), rid("tag", 2)], "status": "draft",
                     "views": 3, "internal": "rt inside", "related": [rid("post", 3), rid("post", 4)]}),
    create("posts", {"id": new("post", 2), "title": "rt published", "author": OWNER, "status": "published", "internal": "rt inside", "meta": {"a": 1}}),
    create("posts", {"id": new("post", 3), "title": "rt of another", "author": USERS[2], "org": new("org"), "status": "archived"}),
    create("comments", {"id": new("comm", 1), "post": new("post", 2), "author": USERS[1], "text": "rt says", "likes": [OWNER, USERS[4]]}),
    create("comments", {"id": new("comm", 2), "post": rid("post", 1), "author": USERS[2], "text": "rt answers", "likes": [OWNER], "parent": new("comm", 1)}),
    create("comments", {"id": new("comm", 3), "post": rid("post", 1), "author": USERS[5], "text": "rt likes", "likes": [OWNER, USERS[1]]}),
    create("follows", {"id": new("follow", 1), "follower": USERS[4], "followee": OWNER}),
    create("follows", {"id": new("follow", 2), "follower": OWNER, "followee": USERS[7]}),
    create("profiles", {"id": new("profile"), "user": OWNER, "headline": "rt head", "links": [rid("tag", 3), new("tag")]}),
    create("diary", {"id": new("diary"), "author": USERS[7], "entry": "rt dear diary", "mood": 2}),
    create("secrets", {"id": new("secret"), "key": "rt key", "value": "rt value"}),
    create("_superusers", {"id": new("root"), "email": "rtroot@example.com", **P}),
    create("_externalAuths", {"id": new("ext"), "collectionRef": "_pb_users_auth_", "recordRef": USERS[3], "provider": "oidc", "providerId": "rt"}),
    # Changes that change who may see.
    update("posts", new("post", 1), {"status": "published"}),
    update("posts", new("post", 1), {"status": "draft", "views+": 4}),
    update("posts", new("post", 1), {"author": USERS[2]}),
    update("posts", new("post", 1), {"author": OWNER, "internal": "rt other"}),
    update("posts", rid("post", 1), {"rating": 1}),
    update("posts", rid("post", 4), {"title": "rt of the fixture"}),
    update("orgs", new("org"), {"members": [USERS[3], USERS[8], OWNER]}),
    update("posts", new("post", 3), {"title": "rt with another member"}),
    update("comments", new("comm", 1), {"text": "rt says more"}),
    update("follows", new("follow", 1), {"follower": USERS[5]}),
    update("diary", new("diary"), {"mood": 3}),
    create("follows", {"id": new("follow", 3), "follower": USERS[9], "followee": USERS[7]}),
    update("diary", new("diary"), {"entry": "rt with a follower more"}),
    update("diary", new("diary"), {"author": USERS[1]}),
    update("secrets", new("secret"), {"key": "rt key 2", "value": "rt value 2"}),
    update("profiles", new("profile"), {"headline": "rt head 2"}),
    update("tags", new("tag"), {"weight": 2}),
    update("bots", new("bot"), {"purpose": "work"}),
    update("staff", STAFF[0], {"active": False}),
    update("staff", new("staff"), {"username": "rt_staff_2"}),
    update("_superusers", new("root"), {"email": "rtroot2@example.com"}),
    update("_externalAuths", new("ext"), {"recordRef": USERS[4]}),
    # Changes of the callers themselves.
    update("users", USERS[2], {"name": "rt named"}),
    update("users", USERS[3], {"emailVisibility": False, "secretNote": "rt note"}),
    update("users", USERS[4], {"emailVisibility": True}),
    update("users", USERS[5], {"roles": ["admin"]}),
    update("users", new("user", 2), {"name": "as the new admin sees it"}),
    update("users", OWNER, {"name": "as the new admin sees it, too"}),
    update("users", USERS[0], {"roles": [], "verified": False}),
    update("users", USERS[6], {"email": "changed7@example.com"}),
    update("users", USERS[6], {"score+": 1}),
    update("users", USERS[10], {"score": 7, **P}),
    update("posts", rid("post", 7), {"title": "rt after a password changed"}),
    # Deletes, with what goes along and what only loses a reference.
    delete("secrets", new("secret")),
    delete("profiles", rid("profile", 8)),
    delete("tags", new("tag")),
    delete("posts", rid("post", 4)),
    delete("posts", new("post", 3)),
    delete("comments", rid("comm", 3)),
    delete("follows", new("follow", 3)),
    delete("diary", new("diary")),
    delete("orgs", rid("org", 2)),
    delete("bots", new("bot")),
    delete("staff", new("staff")),
    delete("staff", STAFF[1]),
    delete("_externalAuths", new("ext")),
    delete("_superusers", new("root")),
    delete("users", OWNER),
    delete("users", new("user", 2)),
]

# Rules, fields and names change; the next write is judged by what they are then.
CHANGES = [
    change("tags", {"listRule": None}),
    update("tags", rid("tag", 3), {"weight": 11}),
    change("tags", {"listRule": "@request.auth.verified = true", "viewRule": None}),
    update("tags", rid("tag", 3), {"weight": 12}),
    change("tags", {"name": "labels", "viewRule": ""}),
    update("c_tags", rid("tag", 3), {"weight": 13}),
    change("c_tags", {"name": "tags"}),
    update("tags", rid("tag", 3), {"weight": 14}),
    change("users", {"authToken": {"secret": "rt_rotated_0123456789abcdef0123456789abcdef"}}),
    update("posts", rid("post", 12), {"title": "rt all users are guests"}),
    update("users", USERS[8], {"name": "rt all users are guests"}),
]
