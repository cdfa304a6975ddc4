"""The operations of the API as botocore's own model describes them, and inputs made from it."""

import functools

import botocore.session

@functools.cache
def model():
    return botocore.session.get_session().get_service_model("pinpoint")


def names():
    return sorted(model().operation_names)


def operation(name):
    return model().operation_model(name)


def method(name):
    return operation(name).http["method"]


def template(name):
    return operation(name).http["requestUri"]


def path_parameters(name):
    """Names in the path, in its order."""
    return [part[1:-1] for part in template(name).split("/") if part.startswith("{")]


def body_shape(name):
    """What the body of a request is; nothing for operations without a body."""
    taken = operation(name).input_shape
    payload = taken and taken.serialization.get("payload")
    return taken.members[payload] if payload else None


def wire_name(name, shape):
    return shape.serialization.get("name", name)


def members(structure):
    """Name on the wire, shape and whether it is required, of each member."""
    for name, shape in structure.members.items():
        yield wire_name(name, shape), shape, name in structure.required_members


SCALARS = {
    "boolean": True,
    "double": 1.0,
    "integer": 1,
    "long": 1,
    "blob": "AA==",
    "timestamp": "2030-01-01T00:00:00Z",
}


def sample(shape, rich=False):
    """A value of the right type: with the required members only, or with all."""
    if shape.type_name == "structure":
        return {
            name: sample(member, rich)
            for name, member, required in members(shape)
            if rich or required
        }
    if shape.type_name == "list":
        return [sample(shape.member, rich)]
    if shape.type_name == "map":
        return {"key": sample(shape.value, rich)}
    if shape.type_name == "string":
        return shape.enum[0] if shape.enum else "text"
    return SCALARS[shape.type_name]


def places(shape, path=()):
    """Every member of a body, at any depth: path, shape, whether it is required, its structure."""
    if shape.type_name == "structure":
        for name, member, required in members(shape):
            yield path + (name,), member, required, shape.name
            yield from places(member, path + (name,))
    elif shape.type_name == "list":
        yield from places(shape.member, path + (0,))
    elif shape.type_name == "map":
        yield from places(shape.value, path + ("key",))


def replaced(body, path, value):
    """`body` with `value` at `path`, or without that member if there is no value."""
    if not path:
        return value
    step, rest = path[0], path[1:]
    copy = list(body) if isinstance(body, list) else dict(body)
    if not rest and value is ABSENT:
        del copy[step]
    else:
        copy[step] = replaced(body[step], rest, value)
    return copy


ABSENT = object()
