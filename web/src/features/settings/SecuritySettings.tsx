import { AddressSection } from "./security/AddressSection.tsx";
import { DeviceSection } from "./security/DeviceSection.tsx";
import { PasswordSection } from "./security/PasswordSection.tsx";
import "./security/security.css";
import { TwoStepSection } from "./security/TwoStepSection.tsx";

/** The password, addresses, two-step sign-in, and devices. The page sets the title above. */
export function SecuritySettings() {
  return (
    <>
      <PasswordSection />
      <AddressSection />
      <TwoStepSection />
      <DeviceSection />
    </>
  );
}
