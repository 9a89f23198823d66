"""The pages of imports. A file goes through five steps, each at its address: file, columns, check, import, result."""

from __future__ import annotations

from django.core.paginator import Paginator
from django.http import FileResponse, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from cordiale.accounts.access import staff_of
from cordiale.accounts.permissions import may, requires
from cordiale.errors import CordialeError, NotFound
from cordiale.imports import actions, files, forms, queries, shown
from cordiale.imports.forms import FileForm
from cordiale.imports.mapping import dump, of_json
from cordiale.imports.models import Import, ImportState, SavedMapping
from cordiale.imports.reading import Reading
from cordiale.ui import notices
from cordiale.ui.context import present

PAGE = 50


@require_safe
@requires("imports.see")
def index(request: HttpRequest) -> HttpResponse:
    """All imports, newest first; `?kind=` for some."""
    kind = request.GET.get("kind", "")
    kind = kind if kind in forms.KIND_NAMES else ""
    page = Paginator(queries.list_imports(kind), PAGE).get_page(request.GET.get("page"))
    context = {
        "page": page,
        "rows": [shown.row(one) for one in page],
        "kind": kind,
        "kinds": forms.KIND_NAMES.items(),
        "may_run": _may_run(request),
    }
    return render(request, "imports/list.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@requires("imports.run")
def new(request: HttpRequest) -> HttpResponse:
    """Step 1: the file."""
    if request.method != "POST":
        return render(request, "imports/new.html", {"form": FileForm(initial=request.GET.dict()), **shown.steps(1)})
    form = FileForm(request.POST, request.FILES)
    if form.is_valid():
        file = form.cleaned_data["file"]
        try:
            one = actions.receive(form.cleaned_data["kind"], file.name, file.chunks(), staff_of(request), present())
        except CordialeError as error:
            form.add_error("file", str(error))
        else:
            return redirect("imports:columns", number=one.pk)
    return render(request, "imports/new.html", {"form": form, **shown.steps(1)}, status=422)


@require_http_methods(["GET", "HEAD", "POST"])
@requires("imports.run")
def columns(request: HttpRequest, number: int) -> HttpResponse:
    """Step 2: how the file reads, what its columns mean, on what basis people may be written to."""
    one = queries.get_import(number)
    if one.state != ImportState.DRAFT:
        return redirect("imports:import", number=number)
    if request.method == "POST":
        return _say(request, one)
    document = of_json(one.mapping) if one.mapping.get("columns") else None
    problem = ""
    if name := request.GET.get("use"):
        try:
            document = actions.find_mapping(name, one.kind)
        except CordialeError as error:
            problem = str(error)
    return render(request, "imports/columns.html", shown.columns(one, document) | {"problem": problem})


@require_safe
@requires("imports.see")
def check(request: HttpRequest, number: int) -> HttpResponse:
    """Step 3: what an import would do."""
    one = queries.get_import(number)
    if one.state != ImportState.DRAFT:
        return redirect("imports:import", number=number)
    context = shown.about(one) | {"report": shown.report(one), "may_run": _may_run(request), **shown.steps(3)}
    return render(request, "imports/check.html", context)


@require_POST
@requires("imports.run")
def run(request: HttpRequest, number: int) -> HttpResponse:
    """Step 4: begin to write."""
    one = queries.get_import(number)
    actions.begin(one, staff_of(request), present())
    return redirect("imports:import", number=number)


@require_safe
@requires("imports.see")
def result(request: HttpRequest, number: int) -> HttpResponse:
    """Steps 4 and 5: how far it is, and what became of the file."""
    one = queries.get_import(number)
    if one.state == ImportState.DRAFT:
        return redirect("imports:check" if files.find_check(number) else "imports:columns", number=number)
    is_over = one.state not in {ImportState.RUNNING, ImportState.UNDOING}
    context = shown.about(one) | shown.outcome(one, present()) | shown.steps(5 if is_over else 4)
    return render(request, "imports/import.html", context | {"may_run": _may_run(request)})


@require_POST
@requires("imports.run")
def resume(request: HttpRequest, number: int) -> HttpResponse:
    """Go on where it was stopped."""
    actions.resume(queries.get_import(number), staff_of(request), present())
    return redirect("imports:import", number=number)


@require_POST
@requires("imports.run")
def undo(request: HttpRequest, number: int) -> HttpResponse:
    """Take it back, once its number was typed."""
    one = queries.get_import(number)
    if request.POST.get("typed", "").strip() != str(number):
        context = shown.about(one) | shown.outcome(one, present()) | shown.steps(5) | {"may_run": True}
        problem = _("Type %(number)s to undo this import.") % {"number": number}
        return render(request, "imports/import.html", context | {"undo_problem": problem}, status=422)
    actions.undo(one, staff_of(request), present())
    return redirect("imports:import", number=number)


@require_POST
@requires("imports.run")
def discard(request: HttpRequest, number: int) -> HttpResponse:
    """Give up a file that was never imported."""
    one = queries.get_import(number)
    actions.discard(one, staff_of(request), present())
    notices.add(request, _("%(file)s was deleted; nothing was imported.") % {"file": one.file_name})
    return redirect("imports:list")


@require_safe
@requires("imports.run")
def refused(request: HttpRequest, number: int) -> HttpResponseBase:
    """The refused rows with their reasons, as a CSV file."""
    path = files.refused(queries.get_import(number).pk)
    if not path.is_file():
        raise NotFound(_("The refused rows of this import have been deleted."))
    return FileResponse(path.open("rb"), as_attachment=True, filename=f"import-{number}-refused.csv")


@require_safe
@requires("imports.see")
def mapping_file(request: HttpRequest, name: str) -> HttpResponse:
    """A kept mapping as the YAML file of `import --mapping`."""
    saved = SavedMapping.objects.filter(name=name).first()
    if saved is None:
        raise NotFound(_("There is no mapping of that name."))
    content = dump(of_json(saved.document))
    headers = {"Content-Disposition": f'attachment; filename="{name}.yaml"'}
    return HttpResponse(content, content_type="application/yaml; charset=utf-8", headers=headers)


def _say(request: HttpRequest, one: Import) -> HttpResponse:
    """Keep what the page says and check it; where that is refused, the same page with everything kept."""
    reading = Reading(**one.reading)
    try:
        if "read_again" in request.POST:
            actions.read_again(one, forms.reading_of(request.POST, reading))
            return redirect("imports:columns", number=one.pk)
        basis = forms.basis_of(request.POST, request.POST.getlist("basis-channel"))
        document = forms.mapping_of(request.POST, one.kind, shown.names(one), basis)
        actions.prepare(one, document, {})
        if name := request.POST.get("save_as", "").strip():
            actions.save_mapping(name, document, staff_of(request), present())
        actions.begin_check(one, staff_of(request), present())
    except CordialeError as error:
        context = shown.columns(one, None, request.POST) | {"problem": str(error)}
        return render(request, "imports/columns.html", context, status=422)
    return redirect("imports:check", number=one.pk)


def _may_run(request: HttpRequest) -> bool:
    return may(getattr(request.user, "role", ""), "imports.run")
