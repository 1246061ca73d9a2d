"""What `/products` takes and answers."""

from marshmallow import fields

from portal.api.fields import Answer, Choice, Line, about, moment
from portal.api.schemas import PageQuery, organization_ref, page_of
from portal.models.products import Marketplace
from portal.queries.products.products import MAX_QUERY, Availability


class StockSchema(Answer):
    """What a warehouse has."""

    warehouse = fields.String(metadata=about("What it is called.", "Koledino"))
    present = fields.Integer(metadata=about("How many are there, with those reserved.", 12))
    reserved = fields.Integer(metadata=about("How many are promised to somebody.", 2))


class ProductSchema(Answer):
    """A card of a marketplace."""

    id = fields.String(metadata=about("Its id here.", "PRD000001"))
    marketplace = fields.String(
        metadata={"enum": [*map(str, Marketplace)], **about("Where it is sold.")}
    )
    external_id = fields.String(metadata=about("Its id there.", "146972802"))
    article = fields.String(metadata=about("The seller's own code; may be empty.", "MUG-1"))
    name = fields.String(metadata=about("May be empty.", "Blue mug"))
    brand = fields.String(metadata=about("May be empty.", "Acme"))
    category = fields.String(metadata=about("As the marketplace calls it; may be empty.", "Mugs"))
    price = fields.String(allow_none=True, metadata=about("With two decimal places.", "499.00"))
    currency = fields.String(allow_none=True, metadata=about("ISO 4217.", "RUB"))
    stock = fields.Integer(metadata=about("In all warehouses together.", 12))
    stocks = fields.List(fields.Nested(StockSchema), metadata=about("By warehouse, fullest first."))
    shop_url = fields.String(metadata=about("Its page there; may be empty."))
    picture_url = fields.String(metadata=about("Its picture there; may be empty."))
    is_gone = fields.Boolean(metadata=about("True: the marketplace has no such card any more."))
    changed_at = moment("When a sync last found something changed.")
    organization = fields.String(metadata=about("Whose it is.", "ORG000001"))


ProductPageSchema = page_of(ProductSchema)


class ProductQuery(PageQuery):
    """Which products."""

    q = Line(
        max_length=MAX_QUERY,
        metadata=about("Words in name, article, brand or the marketplace's id.", "mug"),
    )
    marketplace = Choice(Marketplace, metadata=about("Those that are sold there."))
    availability = Choice(
        Availability,
        metadata=about("Default `listed`: all that the marketplace still has a card of."),
    )
    brand = Line(max_length=MAX_QUERY, metadata=about("Those of that brand, in any case.", "Acme"))
    organization = organization_ref("Those of that organization. For staff.")
