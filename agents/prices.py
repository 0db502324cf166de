"""The price of a model call in whole micro-USD, with the version of the price table."""

from __future__ import annotations

import math
from dataclasses import dataclass

import genai_prices

UNKNOWN = "unknown"
_OPENAI = "https://api.openai.com/v1"


@dataclass(frozen=True)
class Price:
    """A cost with the version of the table it was read from; an unknown model costs 0."""

    micro_usd: int
    table: str


def price_of(model: str, base_url: str, tokens_in: int, tokens_cached: int, tokens_out: int) -> Price:
    """Return the price at the provider of `base_url`; prices of other providers are not used."""
    usage = genai_prices.Usage(
        input_tokens=tokens_in, cache_read_tokens=min(tokens_cached, tokens_in), output_tokens=tokens_out
    )
    try:
        price = genai_prices.calc_price(usage, model, provider_api_url=base_url or _OPENAI)
    except LookupError:
        return Price(0, UNKNOWN)
    return Price(math.ceil(price.total_price * 1_000_000), f"genai-prices {genai_prices.__version__}")
