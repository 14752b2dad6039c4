"""DDL on a watched table: what is on record of it, a statement right after it, and what that leaves as (old, new)."""

DRIFTS = [
    (
        "add extra text default 'x'",
        {"columns": [{"column": "extra", "added": "text"}]},
        "insert into {} values (2, 'bob', '4001', 6)",
        (None, {"id": 2, "name": "bob", "card": "***", "amount": 6, "extra": "x"}),
    ),
    (
        "drop name",
        {"columns": [{"column": "name", "dropped": "text"}]},
        "update {} set amount = 7",
        ({"amount": 5}, {"amount": 7}),
    ),
    (
        "rename name to surname",
        {"columns": [{"column": "surname", "renamed_from": "name"}]},
        "update {} set surname = 'bea'",
        ({"surname": "ann"}, {"surname": "bea"}),
    ),
    (
        "rename card to pan",
        {"columns": [{"column": "pan", "renamed_from": "card"}]},
        "update {} set pan = '4002'",
        ({"pan": "***"}, {"pan": "***"}),
    ),
    (
        "alter amount type numeric(12, 2)",
        {"columns": [{"column": "amount", "type": ["integer", "numeric(12,2)"]}]},
        "update {} set amount = 7.25",
        ({"amount": 5.0}, {"amount": 7.25}),
    ),
    (
        "alter amount type text, add more int[] default '{{1}}', drop name",
        {
            "columns": [
                {"column": "name", "dropped": "text"},
                {"column": "amount", "type": ["integer", "text"]},
                {"column": "more", "added": "integer[]"},
            ]
        },
        "update {} set amount = 'many', more = '{{2}}'",
        ({"amount": "5", "more": "{1}"}, {"amount": "many", "more": "{2}"}),
    ),
    (
        "alter name set default 'secret', alter name set not null",
        {"columns": [{"column": "name", "default": "changed", "not_null": [None, True]}]},
        "insert into {} (id, card) values (3, 'x')",
        (None, {"id": 3, "name": "secret", "card": "***", "amount": None}),
    ),
    (
        "rename to orders2",
        {"name": ["shop.orders", "shop.orders2"]},
        "delete from shop.orders2",
        ({"id": 1, "name": "ann", "card": "***", "amount": 5}, None),
    ),
    (
        'rename to "Orders"";--"',
        {"name": ["shop.orders", 'shop."Orders"";--"']},
        'update shop."Orders"";--" set amount = 8',
        ({"amount": 5}, {"amount": 8}),
    ),
]
