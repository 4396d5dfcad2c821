"""What a new password must be."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from chatr.api.errors import ApiError
from chatr.ops.accounts import password_rules


class NewPasswordTests(SynchronousTestCase):
    """The rules of spec/behaviour.md, "Register"."""

    def refusal(self, text: str) -> str:
        error = self.assertRaises(
            ApiError, password_rules.checked, text, username="@annemarie", email="anne@example.org"
        )
        self.assertEqual((error.code, [each.path for each in error.errors]), ("invalid", ["$.password"]))
        return error.detail

    def test_taken(self) -> None:
        """8 characters with an upper-case letter and a sign, a space counts as one; or 16 and more of any kind."""
        for text in (
            "Correct-7",
            "Two words",
            "Ünder 7s",
            "a long pass phrase",
            "onlylowercaseletters",
            "Ab-" + "1" * 125,
        ):
            self.assertEqual(password_rules.checked(text, username="@annemarie", email="anne@example.org"), text)

    def test_too_simple(self) -> None:
        """Each rule says what is missing, and the other way to meet it."""
        for text, why in (
            ("Short-1", "8 to 128"),
            ("A-" + "x" * 127, "8 to 128"),
            ("no-upper-case", "upper-case"),
            ("NoSpecial1", "special"),
        ):
            self.assertIn(why, self.refusal(text))

    def test_common(self) -> None:
        """The commonest ones, also with digits and signs behind them, however long that makes them."""
        for text in ("P@ssw0rd", "Password1!", "Password!!!2026!!!", "qwertyuiop12345678"):
            self.assertIn("commonest", self.refusal(text))

    def test_common_with_digits(self) -> None:
        """Those that end in digits, with more behind them. Before, only what stood before all of them was looked at."""
        for text in ("Abc123!!", "Abc123456!", "Abcd1234!", "Ncc1701!", "A1234567!", "Bond007!1"):
            self.assertIn("commonest", self.refusal(text))

    def test_own_name(self) -> None:
        """The username or the e-mail address, with or without a tail."""
        for text in ("@Annemarie", "Annemarie-2026", "Anne@Example.org", "Anne@Example.org!1"):
            self.assertIn("differ", self.refusal(text))

    def test_own_name_with_digits(self) -> None:
        """The same of a name that ends in digits."""
        for text in ("Anne_1999!", "Anne_19990!", "@Anne_1999"):
            with self.assertRaises(ApiError) as refused:
                password_rules.checked(text, username="@anne_1999", email="")
            self.assertIn("differ", refused.exception.detail)
