"""Built-in headings of reports by modality, in each language: a frame, never a finding."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from server.domain.report_templates import Headings

LOCALES = ("it", "fr", "en")
_Words = tuple[str, str, str]
"""In the order of the locales."""

_TECHNIQUE: _Words = ("Tecnica", "Technique", "Technique")
_COMPARED: _Words = ("Confronto", "Comparaison", "Comparison")
_BONE: _Words = ("Osso", "Os", "Bones")
_LIVER: _Words = ("Fegato e vie biliari", "Foie et voies biliaires", "Liver and bile ducts")
_PANCREAS: _Words = ("Pancreas e milza", "Pancréas et rate", "Pancreas and spleen")
_KIDNEYS: _Words = ("Reni e vie urinarie", "Reins et voies urinaires", "Kidneys and urinary tract")
_VESSELS: _Words = ("Vasi", "Vaisseaux", "Vessels")
_LUNGS: _Words = ("Polmoni", "Poumons", "Lungs")
_PLEURA: _Words = ("Pleure", "Plèvres", "Pleura")
_MEDIASTINUM: _Words = ("Cuore e mediastino", "Cœur et médiastin", "Heart and mediastinum")
_FLUID: _Words = ("Liquido o aria liberi", "Liquide ou air libre", "Free fluid or air")
_ELSE: _Words = ("Altri reperti", "Autres constatations", "Other findings")
_ANSWER: _Words = ("Risposta al quesito", "Réponse à la question", "Answer to the question")
_ADVICE: _Words = ("Consiglio", "Conseil", "Advice")
_DEVICES: _Words = (
    "Cateteri e dispositivi",
    "Cathéters et dispositifs",
    "Lines and devices",
)

_TEMPLATES: Mapping[str, tuple[str, _Words, Sequence[_Words]]] = {
    "ct-head-trauma": (
        "CT",
        ("TC cranio, trauma", "TDM crâne, traumatisme", "CT head, trauma"),
        (
            _TECHNIQUE,
            _COMPARED,
            ("Parenchima", "Parenchyme", "Parenchyma"),
            ("Spazi extra-assiali", "Espaces extra-axiaux", "Extra-axial spaces"),
            ("Ventricoli e linea mediana", "Ventricules et ligne médiane", "Ventricles, midline"),
            ("Cisterne basali", "Citernes de la base", "Basal cisterns"),
            ("Volta e base cranica", "Voûte et base du crâne", "Vault and skull base"),
            ("Orbite e massiccio facciale", "Orbites et massif facial", "Orbits and face"),
            ("Tessuti molli", "Parties molles", "Soft tissues"),
        ),
    ),
    "ct-head-stroke": (
        "CT",
        ("TC cranio, ictus", "TDM crâne, AVC", "CT head, stroke"),
        (
            _TECHNIQUE,
            ("Ora di esordio", "Heure de début", "Time of onset"),
            ("Emorragia", "Hémorragie", "Haemorrhage"),
            ("Segni precoci di ischemia", "Signes précoces d’ischémie", "Early ischaemic signs"),
            ("ASPECTS", "ASPECTS", "ASPECTS"),
            ("Arterie intracraniche", "Artères intracrâniennes", "Intracranial arteries"),
            ("Arterie del collo", "Artères du cou", "Neck arteries"),
            ("Perfusione", "Perfusion", "Perfusion"),
            _ELSE,
        ),
    ),
    "ct-abdomen": (
        "CT",
        ("TC addome e pelvi", "TDM abdomen et pelvis", "CT abdomen and pelvis"),
        (
            _TECHNIQUE,
            _COMPARED,
            ("Basi polmonari", "Bases pulmonaires", "Lung bases"),
            _LIVER,
            _PANCREAS,
            _KIDNEYS,
            ("Stomaco, intestino, appendice", "Estomac, intestin, appendice", "Bowel, appendix"),
            ("Organi pelvici", "Organes pelviens", "Pelvic organs"),
            _VESSELS,
            _FLUID,
            _BONE,
        ),
    ),
    "ct-pulmonary-arteries": (
        "CT",
        ("Angio-TC polmonare", "Angioscanner pulmonaire", "CT pulmonary angiography"),
        (
            _TECHNIQUE,
            ("Opacizzazione", "Opacification", "Opacification"),
            ("Arterie polmonari", "Artères pulmonaires", "Pulmonary arteries"),
            ("Cuore destro", "Cœur droit", "Right heart"),
            _LUNGS,
            _PLEURA,
            _MEDIASTINUM,
            _ELSE,
        ),
    ),
    "xr-chest": (
        "XR",
        ("RX torace", "Radiographie du thorax", "Chest X-ray"),
        (
            ("Proiezioni e qualità", "Incidences et qualité", "Views and quality"),
            _COMPARED,
            _LUNGS,
            _PLEURA,
            _MEDIASTINUM,
            ("Ili", "Hiles", "Hila"),
            ("Diaframma", "Diaphragme", "Diaphragm"),
            _BONE,
            _DEVICES,
        ),
    ),
    "mr-brain": (
        "MR",
        ("RM encefalo", "IRM cérébrale", "MR brain"),
        (
            ("Sequenze e contrasto", "Séquences et contraste", "Sequences and contrast"),
            _COMPARED,
            ("Diffusione", "Diffusion", "Diffusion"),
            ("Sostanza grigia e bianca", "Substance grise et blanche", "Grey and white matter"),
            ("Emorragia", "Hémorragie", "Haemorrhage"),
            ("Ventricoli e spazi liquorali", "Ventricules et espaces du LCS", "CSF spaces"),
            ("Fossa posteriore", "Fosse postérieure", "Posterior fossa"),
            ("Ipofisi", "Hypophyse", "Pituitary"),
            _VESSELS,
            _ELSE,
        ),
    ),
    "mr-spine": (
        "MR",
        ("RM rachide, urgenza", "IRM du rachis, urgence", "MR spine, emergency"),
        (
            ("Livelli e sequenze", "Niveaux et séquences", "Levels and sequences"),
            ("Allineamento e vertebre", "Alignement et vertèbres", "Alignment and vertebrae"),
            ("Midollo e cono", "Moelle et cône", "Cord and conus"),
            ("Cauda equina", "Queue de cheval", "Cauda equina"),
            ("Dischi e canale", "Disques et canal", "Discs and canal"),
            ("Spazio epidurale", "Espace épidural", "Epidural space"),
            ("Tessuti paravertebrali", "Tissus paravertébraux", "Paravertebral tissues"),
        ),
    ),
    "us-abdomen": (
        "US",
        ("Ecografia addome", "Échographie abdominale", "Ultrasound abdomen"),
        (
            ("Condizioni dell’esame", "Conditions de l’examen", "Conditions"),
            _LIVER,
            ("Colecisti", "Vésicule biliaire", "Gallbladder"),
            _PANCREAS,
            _KIDNEYS,
            ("Aorta", "Aorte", "Aorta"),
            ("Vescica e pelvi", "Vessie et pelvis", "Bladder and pelvis"),
            _FLUID,
        ),
    ),
}
_CONCLUSION = (_ANSWER, _ADVICE)
_COLON: _Words = (": ", " : ", ": ")


def built_in(locale: str) -> list[tuple[str, Headings]]:
    """Every built-in template by its key, in a language; another is English."""
    at = LOCALES.index(locale) if locale in LOCALES else LOCALES.index("en")
    return [
        (
            key,
            Headings(name[at], modality, _lines(headings, at), _lines(_CONCLUSION, at)),
        )
        for key, (modality, name, headings) in _TEMPLATES.items()
    ]


def _lines(headings: Sequence[_Words], at: int) -> str:
    return "\n".join(words[at] + _COLON[at] for words in headings).rstrip()
