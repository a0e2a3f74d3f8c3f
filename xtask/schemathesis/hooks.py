"""What JSON Schema cannot say about this API: requests that the document allows and the server rightly refuses.

Such requests are not sent as ones that must be accepted. Each rule has its own test in crates/server/tests.
"""

import schemathesis

NAMES = ("name", "channel", "branch", "runtime_version")
LONGEST_NAME = 255
LONGEST_FILE_NAME = 254


def fits(value):
    """Names are bounded in bytes of UTF-8, `maxLength` counts characters; a publish has one part for each platform."""
    if isinstance(value, list):
        return all(fits(item) for item in value)
    if not isinstance(value, dict):
        return True
    for name in NAMES:
        text = value.get(name)
        if isinstance(text, str) and len(text.encode("utf-8", "surrogatepass")) > LONGEST_NAME:
            return False
    if "key" in value and "ext" in value:
        # Key and extension are a file's name on the phone.
        if sum(len(str(value[part]).encode("utf-8", "surrogatepass")) for part in ("key", "ext")) > LONGEST_FILE_NAME:
            return False
    if len(str(value.get("fileName", "")).encode("utf-8", "surrogatepass")) > LONGEST_FILE_NAME:
        return False
    if "launch_asset_url" in value and not makes_a_record(value):
        return False
    parts = value.get("platforms")
    if isinstance(parts, list):
        platforms = [part.get("platform") for part in parts if isinstance(part, dict)]
        if any(platforms.count(platform) > 1 for platform in platforms):
            return False
    return all(fits(item) for item in value.values())


def makes_a_record(value):
    """A disabled update rolls out to nobody; two files of one stem have one key, and so have metadata in two cases."""
    if value.get("is_disabled") is True and value.get("rollout") not in (None, 100):
        return False
    assets = [asset for asset in value.get("assets") or [] if isinstance(asset, dict)]
    stems = [str(asset.get("fileName")).rsplit(".", 1)[0] for asset in assets]
    metadata = value.get("metadata")
    keys = [key.lower() for key in metadata] if isinstance(metadata, dict) else []
    return len(stems) == len(set(stems)) and len(keys) == len(set(keys)) and "branchid" not in keys


@schemathesis.hook
def filter_case(context, case):
    # The server would look for hosts that were made up.
    if isinstance(case.body, dict) and case.body.get("verify") is True:
        return False
    if case.meta is None or case.meta.generation.mode.is_negative:
        return True
    # A cursor is what a page answered; nobody else can make one.
    query = dict(case.query or {})
    places = (query, dict(case.path_parameters or {}), case.body)
    return "cursor" not in query and all(fits(place) for place in places)
