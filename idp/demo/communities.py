"""The communities of the demonstration: those of the guide of June 2011."""

from config.actor import Actor
from idp.accounts.communities import Communities, CommunityDescription

COMMUNITIES = (
    CommunityDescription(
        name="omedit-centre",
        display_name_fr="OMÉDIT Centre",
        display_name_en="OMÉDIT Centre",
        help_fr="Observatoire régional du médicament, des dispositifs médicaux et de l’innovation thérapeutique.",
        help_en="The regional observatory of medicines, medical devices and new therapies.",
    ),
    CommunityDescription(
        name="onco-centre",
        display_name_fr="Onco Centre",
        display_name_en="Onco Centre",
        help_fr="Réseau régional de cancérologie. Le DCC est ouvert à ses membres.",
        help_en="The regional cancer network. The DCC is open to its members.",
    ),
    CommunityDescription(
        name="perinat-centre",
        display_name_fr="Périnat Centre",
        display_name_en="Périnat Centre",
        help_fr="Réseau régional de périnatalité.",
        help_en="The regional perinatal care network.",
    ),
    CommunityDescription(
        name="plateforme-sante",
        display_name_fr="Plateforme santé du Centre",
        display_name_en="Centre health platform",
    ),
    CommunityDescription(name="pmt-indre", display_name_fr="PMT de l’Indre", display_name_en="PMT de l’Indre"),
    CommunityDescription(
        name="soins-palliatifs", display_name_fr="Soins palliatifs", display_name_en="Palliative care"
    ),
    CommunityDescription(name="crim", display_name_fr="C.R.I.M.", display_name_en="C.R.I.M."),
    CommunityDescription(
        name="campagne-eprd",
        display_name_fr="Campagne budgétaire et tarifaire EPRD",
        display_name_en="EPRD budget and tariff campaign",
        requestable=False,
    ),
    CommunityDescription(name="neuro-centre", display_name_fr="NEURO Centre", display_name_en="NEURO Centre"),
    CommunityDescription(name="diapason-36", display_name_fr="Diapason 36", display_name_en="Diapason 36"),
)


def add_communities(communities: Communities, *, actor: Actor) -> None:
    """Add the communities that do not exist yet."""
    known = {each.name for each in communities.all()}
    for community in COMMUNITIES:
        if community.name not in known:
            communities.add(community, actor=actor)
