"""Nothing is published under an imprint that is empty, a placeholder or the sample campaign's."""

from dataclasses import replace
from pathlib import Path

import pytest

from digest.model.source import Imprint, Site
from digest.sources import parse_campaign, placeholder_problems, read_campaign

ROOT = Path(__file__).parents[2]
REAL = Imprint(promoter="Jo Okafor", address="Unit 4, 12 Mill Lane, Ludlow SY8 1AA", on_behalf_of="Ada Marsh")


@pytest.fixture
def site() -> Site:
    text = b"""
site:
  title: The Marsh Letter
  campaign: Marsh for Leader
  candidates: [{name: Ada Marsh}]
  time_zone: Europe/London
  edition_hour: 18:00
"""
    return replace(parse_campaign(text).site, imprint=REAL)


def test_a_real_imprint_holds_nothing_back(site: Site) -> None:
    assert placeholder_problems(site) == []


@pytest.mark.parametrize("part", ["promoter", "address", "on_behalf_of"])
def test_an_empty_part_is_named(site: Site, part: str) -> None:
    values = {"promoter": REAL.promoter, "address": REAL.address, "on_behalf_of": REAL.on_behalf_of, part: "  "}
    (problem,) = placeholder_problems(replace(site, imprint=Imprint(**values)))
    assert problem.startswith(f"site.imprint.{part} in sources.yaml is empty; write ")


@pytest.mark.parametrize(
    "promoter",
    [
        "TODO",
        "Your name",
        "your full name here",
        "Promoter's name",
        "[name]",
        "<promoter>",
        "...",
        "XXX",
        "Test",
        "-",
        "TBC",
        "n/a",
    ],
)
def test_a_placeholder_promoter_is_refused(site: Site, promoter: str) -> None:
    imprint = Imprint(promoter=promoter, address=REAL.address, on_behalf_of=REAL.on_behalf_of)
    assert "is still a placeholder" in placeholder_problems(replace(site, imprint=imprint))[0]


@pytest.mark.parametrize(
    "address",
    [
        "1 Example Street",
        "1 High Street, Anytown",
        "your address",
        "mail@example.org",
        "campaign.example",
        "12 Mill Lane, TODO",
    ],
)
def test_a_placeholder_address_is_refused(site: Site, address: str) -> None:
    imprint = Imprint(promoter=REAL.promoter, address=address, on_behalf_of=REAL.on_behalf_of)
    assert "is still a placeholder" in placeholder_problems(replace(site, imprint=imprint))[0]


def test_an_email_address_is_no_postal_address(site: Site) -> None:
    imprint = Imprint(promoter=REAL.promoter, address="jo@marsh.org.uk", on_behalf_of=REAL.on_behalf_of)
    assert "is no postal address" in placeholder_problems(replace(site, imprint=imprint))[0]


@pytest.mark.parametrize(
    ("promoter", "address", "on_behalf_of"),
    [
        ("M. Testa", "Rose Cottage, Test Valley SO51 0AA", "Your Party"),
        ("Nº 7 Ltd", "Calle de Todo, Cádiz", "La Campaña"),
        ("Zoë O'Brien", "The Old Post Office, Nameby", "Candidates for Change"),
    ],
)
def test_real_names_that_look_a_little_like_placeholders_pass(
    site: Site, promoter: str, address: str, on_behalf_of: str
) -> None:
    imprint = Imprint(promoter=promoter, address=address, on_behalf_of=on_behalf_of)
    assert placeholder_problems(replace(site, imprint=imprint)) == []


def test_the_sample_campaign_is_published_in_the_demo_alone(site: Site) -> None:
    sample = replace(site, is_sample=True)
    assert placeholder_problems(sample, in_demo=True) == []
    assert "the sample campaign" in placeholder_problems(sample)[0]


def test_an_imprint_copied_from_the_sample_is_refused(site: Site) -> None:
    sample = read_campaign(ROOT / "samples" / "sources.yaml").site
    assert "is the sample campaign's" in placeholder_problems(replace(site, imprint=sample.imprint))[0]
