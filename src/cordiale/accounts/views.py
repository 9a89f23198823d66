"""Signing in and out, the language of the pages, one's own profile."""

from __future__ import annotations

from django.contrib.auth import authenticate, login, logout, update_session_auth_hash
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render, resolve_url
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from cordiale import clock
from cordiale.accounts import actions
from cordiale.accounts.forms import PasswordForm, ProfileForm, SignInForm
from cordiale.accounts.middleware import COOKIE
from cordiale.accounts.models import Staff
from cordiale.errors import NotFound, Refused
from cordiale.ui import notices
from cordiale.ui.access import public

_BACKEND = "django.contrib.auth.backends.ModelBackend"
_YEAR = 365 * 24 * 3600


@public
@never_cache
@sensitive_post_parameters("password")
@require_http_methods(["GET", "POST"])
def sign_in(request: HttpRequest) -> HttpResponse:
    """Email and password."""
    if request.user.is_authenticated:
        return redirect("ui:dashboard")
    form = SignInForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            staff = _authenticate(request, form.cleaned_data["email"], form.cleaned_data["password"])
        except Refused as refusal:
            form.add_error(None, str(refusal))
            return render(request, "accounts/sign_in.html", {"form": form}, status=429)
        if staff is not None:
            login(request, staff)
            return redirect(_next(request))
        form.add_error(None, _("This email and password do not match. Check both and try again."))
    context = {"form": form, "next": request.POST.get("next") or request.GET.get("next", "")}
    return render(request, "accounts/sign_in.html", context, status=422 if form.errors else 200)


def _authenticate(request: HttpRequest, email: str, password: str) -> Staff | None:
    keys = [f"email:{email.lower()}", f"address:{request.META.get('REMOTE_ADDR', '')}"]
    now = clock.now()
    actions.refuse_guessing(keys, now)
    staff = authenticate(request, username=email, password=password)
    if not isinstance(staff, Staff):
        actions.record_failure(keys, now)
        return None
    actions.forget_failures(email)
    return staff


@public
@never_cache
@require_http_methods(["GET", "POST"])
def link(request: HttpRequest, token: str) -> HttpResponse:
    """A one-time link. Opening it changes nothing, so that a link scanner cannot use it up; the button signs in."""
    now = clock.now()
    if request.method == "POST":
        try:
            staff = actions.use_link(token, now)
        except NotFound as missing:
            return render(request, "accounts/link.html", {"link": None, "reason": str(missing)}, status=404)
        login(request, staff, backend=_BACKEND)
        return redirect("ui:dashboard")
    found = actions.find_link(token, now)
    return render(request, "accounts/link.html", {"link": found}, status=200 if found else 404)


@require_POST
def sign_out(request: HttpRequest) -> HttpResponse:
    """End the session."""
    logout(request)
    return redirect("accounts:sign-in")


@public
@require_POST
def language(request: HttpRequest) -> HttpResponse:
    """Choose the language of the pages and stay on the page: kept on the profile, or in a cookie before sign-in."""
    chosen = request.POST.get("language", "")
    response = redirect(_next(request))
    if chosen not in ("fr", "en"):
        return response
    if isinstance(request.user, Staff):
        actions.change_profile(request.user, request.user.name, chosen)
    response.set_cookie(COOKIE, chosen, max_age=_YEAR, samesite="Lax", httponly=True, secure=request.is_secure())
    return response


@sensitive_post_parameters()
@require_http_methods(["GET", "POST"])
def profile(request: HttpRequest) -> HttpResponse:
    """Name, language and password of who is signed in."""
    assert isinstance(request.user, Staff)
    posted = request.POST.get("form") if request.method == "POST" else None
    known = {"name": request.user.name, "language": request.user.language}
    about = ProfileForm(request.POST if posted == "about" else None, initial=known)
    password = PasswordForm(request.user, request.POST if posted == "password" else None)
    if posted == "about" and about.is_valid():
        actions.change_profile(request.user, about.cleaned_data["name"], about.cleaned_data["language"])
        notices.add(request, _("Your profile is saved."))
        return redirect("accounts:profile")
    if posted == "password" and password.is_valid():
        return _change_password(request, request.user, password.cleaned_data["new"])
    status = 422 if about.errors or password.errors else 200
    return render(request, "accounts/profile.html", {"about": about, "password": password}, status=status)


def _change_password(request: HttpRequest, staff: Staff, new: str) -> HttpResponse:
    staff.set_password(new)
    staff.save(update_fields=["password"])
    update_session_auth_hash(request, staff)  # this session stays and gets a new key; all others end
    actions.audit("staff", staff.email, "change password", staff, None, clock.now())
    notices.add(request, _("Your password is changed. Other devices have been signed out."))
    return redirect("accounts:profile")


def _next(request: HttpRequest) -> str:
    wanted = request.POST.get("next") or request.GET.get("next") or ""
    if url_has_allowed_host_and_scheme(wanted, allowed_hosts={request.get_host()}, require_https=request.is_secure()):
        return wanted
    return resolve_url("ui:dashboard")
