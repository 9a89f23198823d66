"""What functions and columns are called, in English and in French, where a builder lists them."""

from __future__ import annotations

FUNCTION_TITLES: dict[str, tuple[str, str]] = {
    "orders": ("Number of orders", "Nombre de commandes"),
    "spend": ("Amount spent", "Montant dépensé"),
    "units": ("Number of articles", "Nombre d’articles"),
    "events": ("Number of events", "Nombre d’événements"),
    "messages": ("Number of messages", "Nombre de messages"),
    "answers": ("Number of answers", "Nombre de réponses"),
    "last_answer": ("Last answer", "Dernière réponse"),
    "cases": ("Number of cases", "Nombre de dossiers"),
    "relations": ("Number of relations", "Nombre de relations"),
    "entries": ("Times in a segment", "Entrées dans un segment"),
    "exits": ("Times out of a segment", "Sorties d’un segment"),
}
COLUMNS: dict[str, tuple[str, str]] = {
    "category": ("Category", "Catégorie"), "department": ("Department", "Rayon"), "brand": ("Brand", "Marque"),
    "product_id": ("Product", "Produit"), "channel": ("Channel", "Canal"), "store": ("Store", "Magasin"),
    "quantity": ("Quantity", "Quantité"), "amount": ("Amount paid", "Montant payé"), "discount": ("Discount", "Remise"),
    "source": ("Source", "Source"), "topic": ("Topic", "Sujet"),
    "seconds": ("Seconds of reading", "Secondes de lecture"),
    "programme": ("Programme", "Programme"), "step": ("Step", "Étape"), "purpose": ("Purpose", "Finalité"),
    "kind": ("Kind", "Type"), "question": ("Question", "Question"), "text": ("Answer", "Réponse"),
    "value": ("Value", "Valeur"), "state": ("State", "État"), "priority": ("Priority", "Priorité"),
    "satisfaction": ("Satisfaction (1 to 5)", "Satisfaction (1 à 5)"), "name": ("Event", "Événement"),
    "survey": ("Survey", "Enquête"), "segment": ("Segment", "Segment"),
}  # fmt: skip
