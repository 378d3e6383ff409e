"""What WeasyPrint leaves out of a tagged PDF, added with pikepdf.

The PDF/UA-1 identification with its extension schema (a PDF/A file must describe every property it adds), the scope
of header cells and the index of their names, and the words in the page margins as artifacts, which reading aloud skips.
Sources: ISO 14289-1 5 and 7.1, 7.5; ISO 19005-3 6.6.2; ISO 32000-1 14.8.2.2.
"""

from collections.abc import Iterator
from io import BytesIO
from typing import Any

import pikepdf
from pikepdf import Array, Dictionary, Name, Operator, Pdf

FOOTER = Dictionary(Type=Name.Pagination, Subtype=Name.Footer)
IDENTIFICATION = b"""
<rdf:Description rdf:about="" xmlns:pdfuaid="http://www.aiim.org/pdfua/ns/id/">
<pdfuaid:part>1</pdfuaid:part>
</rdf:Description>
<rdf:Description rdf:about="" xmlns:pdfaExtension="http://www.aiim.org/pdfa/ns/extension/"
 xmlns:pdfaSchema="http://www.aiim.org/pdfa/ns/schema#" xmlns:pdfaProperty="http://www.aiim.org/pdfa/ns/property#">
<pdfaExtension:schemas><rdf:Bag><rdf:li rdf:parseType="Resource">
<pdfaSchema:schema>PDF/UA identification schema</pdfaSchema:schema>
<pdfaSchema:namespaceURI>http://www.aiim.org/pdfua/ns/id/</pdfaSchema:namespaceURI>
<pdfaSchema:prefix>pdfuaid</pdfaSchema:prefix>
<pdfaSchema:property><rdf:Seq><rdf:li rdf:parseType="Resource">
<pdfaProperty:name>part</pdfaProperty:name>
<pdfaProperty:valueType>Integer</pdfaProperty:valueType>
<pdfaProperty:category>internal</pdfaProperty:category>
<pdfaProperty:description>The part of ISO 14289 that the file conforms to</pdfaProperty:description>
</rdf:li></rdf:Seq></pdfaSchema:property>
</rdf:li></rdf:Bag></pdfaExtension:schemas>
</rdf:Description>
</rdf:RDF>"""


def finish(made: bytes) -> bytes:
    """The same PDF, conforming; equal bytes in give equal bytes out."""
    finished = BytesIO()
    with pikepdf.open(BytesIO(made)) as pdf:
        metadata = pdf.Root.Metadata.read_bytes().replace(b"</rdf:RDF>", IDENTIFICATION)
        pdf.Root.Metadata = pdf.make_stream(metadata, Type=Name.Metadata, Subtype=Name.XML)
        linked = list(_elements(pdf.Root.StructTreeRoot))
        _set_scopes(linked)
        pdf.Root.StructTreeRoot.IDTree = pdf.make_indirect(_names(linked))
        _mark_margins(pdf, {element.objgen for element in linked})
        pdf.save(finished, deterministic_id=True)
    return finished.getvalue()


def _elements(parent: Any) -> Iterator[Any]:
    """Every structure element below `parent`, in reading order."""
    kids = parent.get("/K", Array())
    for kid in kids if isinstance(kids, Array) else [kids]:
        if isinstance(kid, Dictionary) and "/S" in kid:
            yield kid
            yield from _elements(kid)


def _set_scopes(elements: list[Any]) -> None:
    for cell in elements:
        if cell.S == Name.TH:
            in_head = Name.THead == cell.P.P.S
            cell.A.Scope = Name.Column if in_head else Name.Row


def _names(elements: list[Any]) -> Dictionary:
    """The tree that finds the header cells which other cells name."""
    named = sorted((element for element in elements if "/ID" in element), key=lambda element: bytes(element.ID))
    return Dictionary(Names=Array([part for element in named for part in (element.ID, element)]))


def _mark_margins(pdf: Pdf, linked: set[tuple[int, int]]) -> None:
    """Turn marked text that no structure element holds, which is the text of the margins, into artifacts."""
    parents = dict(zip(*[iter(pdf.Root.StructTreeRoot.ParentTree.Nums)] * 2, strict=True))
    for page in pdf.pages:
        page.Tabs = Name.S
        owners = parents[page.StructParents]
        loose = {mcid for mcid, owner in enumerate(owners) if owner.objgen not in linked}
        for mcid in loose:
            owners[mcid] = None
        page.Contents = pdf.make_stream(pikepdf.unparse_content_stream(list(_remarked(page, loose))))


def _remarked(page: Any, loose: set[int]) -> Iterator[Any]:
    for instruction in pikepdf.parse_content_stream(page):
        operands, operator = instruction.operands, instruction.operator
        if operator == Operator("BDC") and operands[1].get("/MCID") in loose:
            yield [Name.Artifact, FOOTER], operator
        else:
            yield operands, operator
