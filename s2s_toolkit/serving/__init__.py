"""A model as a bounded service over HTTP. Only `limits` and `requirements` need none of the extra's packages."""
